package dev.leasehold.benchmarks

import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.runBlocking
import kotlin.coroutines.Continuation
import kotlin.coroutines.CoroutineContext
import kotlin.coroutines.intrinsics.COROUTINE_SUSPENDED
import kotlin.coroutines.intrinsics.startCoroutineUninterceptedOrReturn

/**
 * How many operations one coroutine of [inOneCoroutine] does: enough that starting it is a fraction of a nanosecond for
 * each, and few enough that it is soon over. The JVM throws threads back into the interpreter when a shared arena is
 * closed, and a coroutine that loops a thousand times stays there for long, which few programs do.
 */
internal const val OPERATIONS: Int = 64

/** How many coroutines [inManyCoroutines] lets loose on one another. */
internal const val COROUTINES: Int = 64

/** How many operations one call of [inManyCoroutines] does, all coroutines together. */
internal const val CONTENDED_OPERATIONS: Int = COROUTINES * 256

/**
 * Does [operation], which must not have to wait, over and over in a coroutine on the calling thread; the sum of its
 * results.
 */
internal inline fun inOneCoroutine(crossinline operation: suspend () -> Int): Int = runUnsuspended {
    var sum = 0
    repeat(OPERATIONS) { sum += operation() }
    sum
}

/** Starts [body] without a dispatcher, and expects it to run through. */
internal fun runUnsuspended(body: suspend () -> Int): Int {
    val result = body.startCoroutineUninterceptedOrReturn(NeverResumed)
    check(result !== COROUTINE_SUSPENDED) { "the operation had to wait, but is measured as one that need not" }
    return result as Int
}

/** The end of a coroutine that runs through; with a job, as every coroutine has. */
private object NeverResumed : Continuation<Int> {
    override val context: CoroutineContext = Job()

    override fun resumeWith(result: Result<Int>): Nothing = error("resumed with $result, but it never suspended")
}

/** Does [operation] over and over in many coroutines at once on the default dispatcher; the sum of its results. */
internal inline fun inManyCoroutines(crossinline operation: suspend () -> Int): Int = runBlocking(Dispatchers.Default) {
    val all = List(COROUTINES) {
        async {
            var sum = 0
            repeat(CONTENDED_OPERATIONS / COROUTINES) { sum += operation() }
            sum
        }
    }
    all.awaitAll().sum()
}
