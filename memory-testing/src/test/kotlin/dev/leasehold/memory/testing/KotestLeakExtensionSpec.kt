@file:OptIn(KotestInternal::class)

package dev.leasehold.memory.testing

import io.kotest.common.KotestInternal
import io.kotest.core.config.AbstractProjectConfig
import io.kotest.core.extensions.Extension
import io.kotest.core.spec.Spec
import io.kotest.core.spec.SpecRef
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.TestEngineLauncher
import io.kotest.engine.concurrency.TestExecutionMode
import io.kotest.engine.listener.CollectingTestEngineListener
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import kotlin.reflect.KClass

class KotestLeakExtensionSpec : FunSpec() {
    /** The failures of the tests of [spec], run by an engine of their own. */
    private suspend fun run(
        spec: KClass<out Spec>,
        inParallel: Boolean = false,
        checked: List<Extension> = emptyList(),
    ): Map<String, Throwable?> {
        val results = CollectingTestEngineListener()
        val config = object : AbstractProjectConfig() {
            override val extensions: List<Extension> = checked
            override val testExecutionMode: TestExecutionMode =
                if (inParallel) TestExecutionMode.LimitedConcurrency(2) else TestExecutionMode.Sequential
        }
        TestEngineLauncher().withListener(results).withProjectConfig(config)
            .withSpecRefs(SpecRef.Reference(spec)).execute()
        Leaks.tidy()
        return results.tests.entries.associate { (test, result) -> test.name.name to result.errorOrNull }
    }

    private fun heads(failure: Throwable?) = Leaks.heads(failure?.message)

    private val order = "a lease of 100 bytes from pool 'orders', rented at " +
        "dev.leasehold.memory.testing.Leaks.lease(Leaks.kt:LINE) by THREAD, AGE ago"

    private fun blamed(test: String, what: String, vararg leaks: String) = listOf(
        "test '$test' left $what open; close each where it is no longer used, with use { } or try and finally:",
    ) +
        leaks.map { "  $it" }

    init {
        test("a test that leaks fails, with its name, the pool and the place; others pass") {
            val failures = run(LeakingOrders::class)
            failures.keys shouldBe setOf("reads", "forgets", "fails", "fails and forgets", "hops", "before and after")
            failures["reads"] shouldBe null
            (failures["forgets"] is AssertionError) shouldBe true
            heads(failures["forgets"]) shouldBe blamed("forgets", "1 lease of 100 bytes", order)
            failures["before and after"] shouldBe null
        }

        test("a test that fails by itself keeps its failure, and the leak stands beside it") {
            val failures = run(LeakingOrders::class)
            failures["fails"]?.message shouldBe "wrong"
            failures["fails"]?.suppressed?.size shouldBe 0
            failures["fails and forgets"]?.message shouldBe "wrong"
            failures["fails and forgets"]?.suppressed?.map { heads(it) } shouldBe
                listOf(blamed("fails and forgets", "1 lease of 100 bytes", order))
        }

        test("a test that goes on on other threads is checked to its end, and may check inside") {
            heads(run(LeakingOrders::class)["hops"]) shouldBe blamed(
                "hops",
                "2 leases of 300 bytes",
                "a lease of 200 bytes from pool 'orders', rented at " +
                    "dev.leasehold.memory.testing.Leaks.shared(Leaks.kt:LINE) by THREAD, AGE ago",
                order,
            )
        }

        test("a container is blamed for its own leaks alone, and a test is named with its containers") {
            val failures = run(NestedOrders::class)
            failures["closes"] shouldBe null
            heads(failures["forgets"]) shouldBe blamed("a shop -- a till -- forgets", "1 lease of 100 bytes", order)
            failures["a till"] shouldBe null
            heads(failures["a shop"]) shouldBe blamed(
                "a shop",
                "1 block of 300 bytes",
                "a block of 300 bytes from manager 'cache', allocated at " +
                    "dev.leasehold.memory.testing.Leaks.block(Leaks.kt:LINE) by THREAD, AGE ago",
            )
        }

        test("the extension of a project checks all specs, without what it is not to look at") {
            val failures = run(UncheckedOrders::class, checked = listOf(KotestLeakExtension("cache")))
            heads(failures["forgets both"]) shouldBe blamed("forgets both", "1 lease of 100 bytes", order)
            run(UncheckedOrders::class)["forgets both"] shouldBe null
        }

        test("of tests in parallel one is checked, and the other is refused before it runs") {
            val failures = run(ParallelOrders::class, inParallel = true).values
            // Which of them is first is the scheduler's choice.
            failures.single { it is IllegalStateException }?.message?.replace(Regex("first|second"), "one") shouldBe
                "the leak check of test 'one' cannot begin inside of that of test 'one', which is running: what they " +
                "count is open in the whole process, so tests with a check run one after the other; give their " +
                "classes @Isolate (Kotest) or @Isolated (JUnit), or check around all of them"
            failures.count { it == null } shouldBe 1
        }
    }
}

/** Tests that are run by tests, and most of which must fail. */
private class LeakingOrders : FunSpec() {
    private var kept: AutoCloseable? = null

    init {
        extension(KotestLeakExtension())

        beforeTest { if (it.name.name == "before and after") kept = Leaks.lease() }
        afterTest { (test, _) -> if (test.name.name == "before and after") kept?.close() }

        test("reads") { Leaks.lease().close() }

        test("forgets") { Leaks.lease() }

        test("fails") {
            Leaks.lease().close()
            throw AssertionError("wrong")
        }

        test("fails and forgets") {
            Leaks.lease()
            throw IllegalArgumentException("wrong")
        }

        test("hops") {
            withContext(Dispatchers.IO) {
                delay(1)
                Leaks.shared()
                checkNothingLeaked { Leaks.lease().close() }
                launch(Dispatchers.Default) { checkNothingLeaked { Leaks.lease().close() } }
            }
            Leaks.lease()
        }

        test("before and after") { kept?.let { Leaks.lease().close() } }
    }
}

private class NestedOrders : FunSpec() {
    init {
        extension(KotestLeakExtension())

        context("a shop") {
            Leaks.block()
            context("a till") {
                test("closes") { Leaks.lease().close() }
                test("forgets") { Leaks.lease() }
            }
        }
    }
}

private class UncheckedOrders : FunSpec() {
    init {
        test("forgets both") {
            Leaks.lease()
            Leaks.block()
        }
    }
}

private class ParallelOrders : FunSpec() {
    init {
        extension(KotestLeakExtension())

        test("first") { delay(2000) }

        test("second") { delay(2000) }
    }
}
