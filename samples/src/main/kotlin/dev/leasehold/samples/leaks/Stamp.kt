package dev.leasehold.samples.leaks

import dev.leasehold.memory.Segment
import dev.leasehold.memory.diagnostics.LeakDetection
import java.security.MessageDigest

/** The work that the programs do with their memory. */
internal object Stamp {
    private val digest = MessageDigest.getInstance("SHA-256")

    /** Reads [bytes], and makes a hash of them. */
    fun on(bytes: Segment) {
        digest.update(bytes.asByteBuffer())
        digest.digest()
    }
}

/** Lets all that is taken during [action] be watched, and not a sample of it. */
internal inline fun watchingAll(action: () -> Unit) {
    val before = LeakDetection.sampleEvery
    LeakDetection.sampleEvery = 1
    try {
        action()
    } finally {
        LeakDetection.sampleEvery = before
    }
}
