package dev.leasehold.memory.internal.platform

/** Pauses in nanoseconds that begin with [first] and double up to [longest]. */
internal class BackOff(first: Long, private val longest: Long) {
    private var pause = first

    fun next(): Long = pause.also { pause = minOf(2 * pause, longest) }
}
