package dev.leasehold.testing

import kotlin.random.Random

/** Makes one verb fail at one step after the other. */
public object Injection {
    private const val WAY = 8
    private const val MOST_SKIPPED = 8L

    /** What fails. */
    public enum class Kind(
        internal val word: String,
        internal val first: Long,
        internal val inject: (Long, () -> Unit) -> Unit,
    ) {
        ONE_ALLOCATION("allocation", 1, { step, action ->
            Faults.atAllocation(step, andAllThatFollow = false, action)
        }),
        ALL_ALLOCATIONS("all from allocation", 1, { step, action ->
            Faults.atAllocation(step, andAllThatFollow = true, action)
        }),
        DEPTH("depth", 0, { step, action -> Faults.atDepth(step.toInt(), action) }),
    }

    private val isWhole = Effort.times(1) > 1
    private val random = Random(Effort.seed("faults"))

    /** The step after [step]: the next one in the slow profile, else one of the next few. */
    private fun after(step: Long): Long = if (isWhole) step + 1 else step + 1 + random.nextLong(MOST_SKIPPED + 1)

    /**
     * Runs [verb] where one step after the other of this [kind] fails, until there is none left, and settles it each
     * time; returns how many failed. [next] says which step follows one.
     */
    public fun untilNone(verb: FaultyVerb, kind: Kind, next: (Long) -> Long = ::after): Int {
        var step = kind.first
        var runs = 0
        while (true) {
            verb.prepare()
            try {
                kind.inject(step, verb::run)
            } catch (injected: VirtualMachineError) {
                if (!Faults.happened) throw injected
            } catch (failure: Throwable) {
                throw AssertionError("${verb.name}: ${kind.word} $step, in ${Faults.place}: $failure", failure)
            }
            val happened = Faults.happened
            try {
                verb.settle()
            } catch (failure: Throwable) {
                val first = checkNotNull(Faults.first)
                failure.addSuppressed(first)
                throw AssertionError("${verb.name}: after ${kind.word} $step, ${wayTo(first)}: $failure", failure)
            }
            if (!happened) return runs
            runs++
            step = next(step)
        }
    }

    /** Where the library was when [fault] happened: the innermost calls. */
    private fun wayTo(fault: Throwable): String =
        fault.stackTrace.filter { it.className.startsWith("dev.leasehold.memory") }.take(WAY)
            .joinToString(" < ") { "${it.className.substringAfterLast('.')}.${it.methodName}:${it.lineNumber}" }
}
