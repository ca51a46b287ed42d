package dev.leasehold.memory.coroutines

import dev.leasehold.testing.Effort
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.string.shouldContain
import org.jetbrains.lincheck.LincheckAssertionError
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions
import org.jetbrains.lincheck.datastructures.Options
import org.jetbrains.lincheck.datastructures.StressOptions
import kotlin.reflect.KFunction

class LineLincheckSpec : FunSpec({
    fun <T : Options<T, *>> T.ofLines(): T = threads(2)
        .actorsPerThread(3)
        .actorsBefore(1)
        .actorsAfter(0)
        .sequentialSpecification(LineSpecification::class.java)
        .verifier(RefusableVerifier::class.java)

    fun modelled() = ModelCheckingOptions()
        .iterations(Effort.times(4))
        .invocationsPerIteration(Effort.times(80))
        .ofLines()

    fun stressed() = StressOptions()
        .iterations(Effort.times(4))
        .invocationsPerIteration(Effort.times(500))
        .ofLines()

    fun cancelled(vararg threads: List<KFunction<*>>) = ModelCheckingOptions()
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
        cancelled(giveBack, cancelLarge).check(PromptlyCancelledLine::class)
        cancelled(giveBack, cancelBoth).check(PromptlyCancelledLine::class)
        cancelled(
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
        val scenario = cancelled(listOf(PromptCancellation::giveBack), listOf(PromptCancellation::cancelLarge))
        shouldThrow<LincheckAssertionError> { scenario.found().check(PlainlyResumedLine::class) }
            .message!! shouldContain "bytes are out"
    }

    test("a wake-up that is lost between two steps is found") {
        shouldThrow<LincheckAssertionError> { modelled().found().check(HastyLineOperations::class) }
    }

    test("a line in which one overtakes another is found") {
        shouldThrow<LincheckAssertionError> { modelled().found().check(OvertakingOperations::class) }
    }
})
