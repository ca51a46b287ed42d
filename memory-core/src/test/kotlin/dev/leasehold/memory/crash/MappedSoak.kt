package dev.leasehold.memory.crash

import dev.leasehold.memory.support.MappedFiles
import dev.leasehold.testing.Effort
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.comparables.shouldBeLessThanOrEqualTo
import java.nio.file.Files
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds
import kotlin.time.TimeSource

/**
 * Ten minutes, or `-Dleasehold.soak=30` seconds, of two processes in one file, whose work is looked at every few seconds:
 * the file becomes no longer than it was after the first third.
 */
class MappedSoak : FunSpec({
    test("two processes share a file for minutes, and it stays as long as it is").config(timeout = 60.minutes) {
        val time = System.getProperty("leasehold.soak")?.toInt()?.seconds ?: 600.seconds
        MappedFiles().use { files ->
            KillLoop(files.path("file"), files.path("acknowledged"), Effort.seed("soak of a file")).use { loop ->
                val begun = TimeSource.Monotonic.markNow()
                var early = 0L
                while (loop.faults.isEmpty() && begun.elapsedNow() < time) {
                    loop.work(processes = 2)
                    if (begun.elapsedNow() < time / 3) early = Files.size(files.path("file"))
                }
                loop.stop()
                println("${loop.changes} changes in a file of ${Files.size(files.path("file"))} bytes, early $early")
                loop.faults.shouldBeEmpty()
                // What each has at hand differs from moment to moment.
                Files.size(files.path("file")) shouldBeLessThanOrEqualTo early + (4L shl 20)
            }
        }
    }
})
