package dev.leasehold.memory.diagnostics

import dev.leasehold.memory.MemoryBudget
import dev.leasehold.memory.MemoryConfigurationException
import dev.leasehold.memory.internal.block.LateWrites
import dev.leasehold.memory.internal.block.LongHolds
import dev.leasehold.memory.internal.block.Losses
import dev.leasehold.memory.internal.block.Sampling
import dev.leasehold.memory.internal.block.Site
import dev.leasehold.memory.internal.block.Tag
import dev.leasehold.memory.internal.platform.Log
import java.util.function.Consumer
import java.util.function.Supplier
import kotlin.time.Duration
import kotlin.time.Duration.Companion.nanoseconds

/**
 * Finds what is held too long, and what was lost.
 *
 * Of all leases and blocks a sample is watched, one in [sampleEvery]; of pools and managers with `traceSites` all are.
 * What is watched remembers who took it: the calls, the thread or coroutine, and the [tag][tagged]. [dump] lists what
 * of it is out, [watchHolds] reports what is out for long, and refusals and timeouts name the largest holders.
 *
 * What is watched and becomes garbage before it is closed is a leak. It is counted by the place that took it, the first
 * from each place goes to the log (`LEAK:`), and its bytes go back once no view can reach them; see
 * `MemoryOptions.returnLost`.
 *
 * All settings are the process's. **Threads.** Any.
 *
 * @sample dev.leasehold.memory.samples.findTheLeak
 */
public object LeakDetection {
    /**
     * Of how many leases and blocks one is watched, on average: 1,024 by default, 1 for all, 0 for none. Drawn at random
     * for each, but at most one a millisecond of a thread, unless all are; and not where a thread goes on taking only
     * what it has just given back, for that can neither leak nor hoard. Takes effect at once, in all threads. The system
     * property `dev.leasehold.memory.sampleEvery` says it for the start of a process.
     *
     * **Cost.** One that is watched costs some microseconds; of the others a shared lease costs a tenth more, where its
     * cache has run out before, and all else nothing that could be measured. To set it: a handshake with all threads
     * for each pool and manager.
     *
     * @throws MemoryConfigurationException when it is set below 0
     */
    @JvmStatic
    public var sampleEvery: Int
        get() = Sampling.every
        set(value) {
            if (value < 0) throw MemoryConfigurationException("one in $value cannot be watched: 1 is all, and 0 none")
            Sampling.every = value
            resample(MemoryBudget.root())
        }

    private fun resample(budget: MemoryBudget) {
        budget.pools.forEach { it.resample() }
        budget.managers.forEach { it.resample() }
        budget.children.forEach(::resample)
    }

    /**
     * Beginnings of the names of classes that carry on the calls of others: the line that reports name is then the
     * nearest that is in none of them. For an application's own adapters, as `com.example.io.`.
     */
    @JvmStatic
    public var adapters: Set<String>
        get() = Site.adapters
        set(value) {
            Site.adapters = value.toSet()
        }

    /**
     * Whether writes into what was watched and closed are looked for: false by default. Such memory, up to 64 KiB a
     * lease, is then filled at the close and looked at before it is given out again, at most eight blocks of a pool or
     * manager at a time. What native code, or a pointer made from an address, wrote there meanwhile goes to the log
     * (`LATE WRITE:`) with who had the memory, and where it was taken and closed.
     *
     * **Cost.** Some microseconds for one that is watched; nothing for the others.
     */
    @JvmStatic
    public var findsLateWrites: Boolean
        get() = LateWrites.isOn
        set(value) {
            LateWrites.isOn = value
        }

    /**
     * Lists what is watched and not closed. **Cost.** Some microseconds for each that was never listed before, and is
     * younger than a second.
     */
    @JvmStatic
    public fun dump(): MemoryDump = MemoryDump()

    /** What was lost so far, by the place that took it, what lost the most bytes first. */
    @JvmStatic
    public fun leaks(): List<MemoryLeak> = Losses.groups().map(::MemoryLeak)

    /**
     * Calls [listener] for each lease or block that is found lost, until what is returned is closed: on a thread of the
     * library, which must not be blocked. What it throws goes to the log.
     */
    @JvmStatic
    public fun onLeak(listener: Consumer<in LostMemory>): AutoCloseable = Losses.listen {
        listener.accept(LostMemory(HeldMemory(it.trace), it.isBack, MemoryLeak(it.group)))
    }

    /**
     * Calls [listener] once for each lease or block that is watched and has been out for longer than [threshold], while
     * it is alive, until what is returned is closed. The default listener writes a warning to the log (`HELD:`).
     *
     * **Threads.** [listener] is called on a thread of the library, which exists meanwhile and must not be blocked; what
     * it throws goes to the log. **Cost.** A look at all that is watched, four times in [threshold], at most each second.
     *
     * @throws MemoryConfigurationException when [threshold] is not positive
     */
    @JvmSynthetic
    public fun watchHolds(threshold: Duration, listener: (HeldMemory) -> Unit = ::warn): AutoCloseable {
        if (!threshold.isPositive()) {
            throw MemoryConfigurationException("the time to hold memory must be positive, and was $threshold")
        }
        return LongHolds(threshold) { listener(HeldMemory(it)) }
    }

    /** [watchHolds] for Java. */
    @JvmStatic
    public fun watchHolds(threshold: java.time.Duration, listener: Consumer<in HeldMemory>): AutoCloseable =
        watchHolds(threshold.toNanos().nanoseconds) { listener.accept(it) }

    private fun warn(held: HeldMemory) {
        Log.warn("HELD: $held, and is still out: close it sooner")
    }

    /**
     * Runs [action], and lets reports call all that it takes [tag]: a use case, a tenant, a kind of request. A tag inside
     * of another takes its place. It is that of the calling thread, and of those that the JDK's structured concurrency
     * forks from it. A coroutine goes on elsewhere: for that there is `MemoryTag` of memory-coroutines.
     *
     * **Cost.** Some ten nanoseconds, once, and nothing for what is taken in it.
     */
    @JvmSynthetic
    public fun <R> tagged(tag: String, action: () -> R): R = Tag.with(tag, action)

    /** [tagged] for Java. */
    @JvmStatic
    public fun <R> tagged(tag: String, action: Supplier<R>): R = Tag.with(tag) { action.get() }
}
