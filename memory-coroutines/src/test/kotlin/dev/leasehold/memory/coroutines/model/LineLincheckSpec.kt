@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.coroutines.model

import dev.leasehold.memory.coroutines.internal.line.ByteLine
import dev.leasehold.memory.coroutines.internal.line.await
import dev.leasehold.memory.coroutines.support.crowded
import dev.leasehold.memory.internal.spi.InternalMemoryApi
import dev.leasehold.testing.Effort
import dev.leasehold.testing.Lincheck.modelChecking
import dev.leasehold.testing.Lincheck.stress
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.launch
import org.jetbrains.lincheck.LincheckAssertionError
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions
import org.jetbrains.lincheck.datastructures.Options
import kotlin.reflect.KFunction

class LineLincheckSpec : FunSpec({
    fun <T : Options<T, *>> T.ofLines(): T = threads(2)
        .actorsPerThread(3)
        .actorsBefore(1)
        .actorsAfter(0)
        .sequentialSpecification(LineSpecification::class.java)
        .verifier(RefusableVerifier::class.java)

    fun modelled() = modelChecking()
        .recursionBound(RECURSION)
        .iterations(Effort.times(4))
        .invocationsPerIteration(Effort.times(80))
        .ofLines()

    fun stressed() = stress()
        .iterations(Effort.times(4))
        .invocationsPerIteration(Effort.times(500))
        .ofLines()

    fun played(vararg threads: List<KFunction<*>>) = modelChecking()
        .recursionBound(RECURSION)
        .iterations(0)
        .invocationsPerIteration(Effort.times(20))
        .addCustomScenario {
            parallel {
                threads.forEach { operations -> thread { operations.forEach { actor(it) } } }
            }
        }

    /** For twins: that one is found is enough, the shortest way to it costs seconds. */
    fun ModelCheckingOptions.found() = minimizeFailedScenario(false)

    test("every interleaving of the line is linearizable, also when waiters are cancelled") {
        modelled().check(ByteLineOperations::class)
    }

    test("a waiter that is cancelled after its grant, at whatever moment, loses no byte") {
        val giveBack = listOf(PromptCancellation::giveBack, PromptCancellation::run)
        val cancelLarge = listOf(PromptCancellation::cancelLarge, PromptCancellation::run)
        val cancelBoth = listOf(PromptCancellation::cancelLarge, PromptCancellation::cancelSmall)
        val close = listOf(PromptCancellation::close)
        played(giveBack, cancelLarge).check(PromptlyCancelledLine::class)
        played(giveBack, cancelBoth).check(PromptlyCancelledLine::class)
        played(
            listOf(PromptCancellation::giveBack, PromptCancellation::cancelSmall),
            close,
        ).check(PromptlyCancelledLine::class)
    }

    test("no thread in the line ever waits for another, wherever that stops") {
        modelled().checkObstructionFreedom().check(ByteLineOperations::class)
    }

    test("three threads under load see the line as one does") {
        stressed().threads(3).actorsPerThread(2).check(ByteLineOperations::class)
    }

    test("bytes that a plain resume drops are found missing") {
        val scenario = played(listOf(PromptCancellation::giveBack), listOf(PromptCancellation::cancelLarge))
        shouldThrow<LincheckAssertionError> { scenario.found().check(PlainlyResumedLine::class) }
            .message!! shouldContain "bytes are out"
    }

    test("a request that joins while bytes come back is woken, and where that is lost between two steps it is found") {
        val scenario = played(listOf(WakeUp::join), listOf(WakeUp::giveBack))
        scenario.check(LineWakeUp::class)
        shouldThrow<LincheckAssertionError> { scenario.found().check(HastyLineWakeUp::class) }
            .message!! shouldContain "1 byte is waited for, and 2 are free"
    }

    // No history shows whether a waiter had joined before another took its bytes, so this is no work for the model
    // checker.
    test("none overtakes a request that is in the line") {
        overtakes(ByteLine(2, 8)) shouldBe false
        overtakes(OvertakingLine()) shouldBe true
    }
})

/** The line looks for room on the stack by going deep. */
private const val RECURSION = 1_000

/** Whether one byte can be taken out of the two of [line] while another request waits for both. */
private suspend fun overtakes(line: ByteLine): Boolean = coroutineScope {
    check(line.tryTake(1) && !line.tryTake(2))
    val waiting = launch(start = CoroutineStart.UNDISPATCHED) { line.await(2, ::crowded) }
    line.tryTake(1).also { waiting.cancelAndJoin() }
}
