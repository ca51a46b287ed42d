package dev.leasehold.memory.coroutines.contract.passing

import dev.leasehold.memory.LeaseClosedException
import dev.leasehold.memory.coroutines.leaseChannel
import dev.leasehold.memory.coroutines.move
import dev.leasehold.memory.coroutines.rent
import dev.leasehold.memory.coroutines.support.lending
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.collections.shouldNotBeEmpty
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import kotlinx.coroutines.flow.buffer
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.test.runTest
import java.io.File
import java.io.IOException

/** Every usual form of passing leases: whether each lease has an owner whatever happens, as the guide's table says. */
class FormsOfPassingSpec : FunSpec() {
    init {
        for (form in OWNED_FORMS) {
            test("${form.name} loses no lease, whatever happens on the way") {
                for (disturbance in DISTURBANCES) withClue(disturbance.name) { usedAfter(form, disturbance) shouldBe 0 }
            }
        }

        for (form in LATE_FORMS) {
            test("${form.name} loses no lease, and closes each before it is used") {
                for (disturbance in DISTURBANCES) withClue(disturbance.name) { usedAfter(form, disturbance) shouldBe 0 }
                lending("late", 100) { pool ->
                    runTest { disturbed(form, pool, DISTURBANCES.first()).late shouldBeGreaterThan 0 }
                }
            }
        }

        for (form in LOSING_FORMS) {
            test("${form.name} loses a lease when something happens on the way") {
                DISTURBANCES.map { it.name to usedAfter(form, it) }.filter { (_, used) -> used > 0 }.shouldNotBeEmpty()
            }
        }

        test("the table of the guide has these forms and no others") {
            guideTable("has an owner at every moment") shouldContainExactlyInAnyOrder OWNED_FORMS.map { it.name }
            guideTable("does not keep its owner") shouldContainExactlyInAnyOrder
                (LATE_FORMS + LOSING_FORMS).map { it.name }
        }

        flowsOfChannels()
    }

    private fun flowsOfChannels() {
        test("a flow of a channel closes each lease behind its block, but one that was moved there") {
            lending("moved", 100) { pool ->
                val channel = leaseChannel(3)
                repeat(3) { channel.send(pool.rent(10)) }
                channel.close()
                val moved = ArrayList<Boolean>()
                channel.receiveAsFlow().collect { lease ->
                    moved += lease.isClosed
                    if (moved.size == 2) lease.move().also { pool.stats().used shouldBe 20 }.close()
                }
                moved shouldContainExactly listOf(false, false, false)
            }
        }

        test("a lease that a flow of a channel has closed behind a buffer says what to use") {
            lending("buffered", 100) { pool ->
                val channel = leaseChannel(3)
                channel.send(pool.rent(10))
                channel.close()
                val late = channel.receiveAsFlow().buffer(1).toList().single()
                shouldThrow<LeaseClosedException> { late.withSegment { it.zero() } }.message!! shouldContain
                    "let leases wait with bufferLeases"
            }
        }

        test("a flow that consumes a channel cancels it, and is collected once") {
            lending("once", 100) { pool ->
                val channel = leaseChannel(3)
                repeat(3) { channel.send(pool.rent(10)) }
                val leases = channel.consumeAsFlow()
                leases.first().isClosed shouldBe true
                pool.stats().used shouldBe 0
                shouldThrow<IllegalStateException> { leases.collect { } }.message shouldBe
                    "a flow of consumeAsFlow can be collected once, because that ends its channel: use receiveAsFlow"
            }
        }

        test("a flow of a channel fails with the cause that the channel was closed with") {
            lending("cause", 100) { pool ->
                val channel = leaseChannel(3)
                channel.send(pool.rent(10))
                channel.close(IOException("the peer died"))
                shouldThrow<IOException> { channel.receiveAsFlow().collect { } }.message shouldBe "the peer died"
            }
        }
    }

    /** How many bytes are out when [form] has been disturbed; then all are closed. */
    private suspend fun usedAfter(form: Form, disturbance: Disturbance): Long {
        var used = -1L
        lending("passing", 1000) { pool ->
            runTest {
                val passing = disturbed(form, pool, disturbance)
                used = pool.stats().used
                passing.rented.forEach { it.close() }
            }
        }
        return used
    }

    /** The first column of the guide's table whose second column is headed by [heading]. */
    private fun guideTable(heading: String): List<String> {
        val lines = File("../docs/guide.md").readLines()
        val head = lines.indexOfFirst { it.startsWith("| a form that $heading |") }
        check(head >= 0) { "the guide has no table of forms that $heading" }
        val rows = lines.drop(head + 2).takeWhile { it.startsWith("| ") }
        return rows.map { it.substringAfter("| `").substringBefore("` |") }
    }
}
