@file:JvmName("LeakChecks")

package dev.leasehold.memory.testing

import dev.leasehold.memory.testing.internal.LeakCheck

/**
 * Runs [action], and fails when a lease or a block that was taken meanwhile is still open at its end. The failure lists
 * each, with its pool or manager, its bytes, the thread and the calls that took it.
 *
 * It is exact and needs no collection of garbage: what is not closed is found, whether it is still referred to or not.
 * Leases in a scope that was left open count, and blocks of every manager.
 *
 * **Threads.** All that is taken in the process counts, on whatever thread, also what other code takes at the same
 * time: a test knows what it starts, and no lease knows its test. Therefore a check refuses to begin while another one
 * is running, unless it is nested in that on the same thread; let tests with checks run one after the other. What
 * [action] has started has to be over when it returns.
 * **Cost.** A walk over the stack for each lease and block that is taken meanwhile: two microseconds. A large block that
 * is resized is copied, where its pages would have moved.
 *
 * When [action] throws, that is thrown, and what leaked is added to it as suppressed.
 *
 * @param except names of pools and managers that are not looked at, such as a cache that outlives the test
 * @throws AssertionError when something leaked
 * @throws IllegalStateException when another check is running
 * @sample dev.leasehold.memory.testing.samples.nothingLeaks
 */
@JvmSynthetic
public fun <R> checkNothingLeaked(vararg except: String, action: () -> R): R {
    val check = LeakCheck.begin("checkNothingLeaked", except.toSet())
    val outer = LeakCheck.enclosing.get()
    LeakCheck.enclosing.set(check)
    val result = try {
        action()
    } catch (failure: Throwable) {
        LeakCheck.enclosing.set(outer)
        check.end()?.let(failure::addSuppressed)
        throw failure
    }
    LeakCheck.enclosing.set(outer)
    check.end()?.let { throw it }
    return result
}

/** [checkNothingLeaked] for Java. */
public fun checkNothingLeaked(action: Runnable): Unit = checkNothingLeaked { action.run() }
