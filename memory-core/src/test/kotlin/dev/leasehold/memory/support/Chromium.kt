package dev.leasehold.memory.support

import io.kotest.core.test.Enabled
import io.kotest.core.test.EnabledOrReasonIf
import java.nio.file.Path
import java.util.concurrent.TimeUnit
import kotlin.io.path.createTempDirectory
import kotlin.io.path.createTempFile
import kotlin.io.path.deleteExisting
import kotlin.io.path.isExecutable
import kotlin.io.path.readText

/** The browser of the system, without a window; where there is none, tests are [skipped][enabled] that need it. */
internal class Chromium : AutoCloseable {
    private val program = System.getenv("PATH").orEmpty().split(':').map { Path.of(it, "chromium") }.find {
        it.isExecutable()
    }
    private val profile = createTempDirectory("chromium")

    /** Whether a test that needs it can run. */
    val enabled: EnabledOrReasonIf = {
        if (program == null) Enabled.disabled("there is no browser 'chromium' on the PATH") else Enabled.enabled
    }

    /** What the document [page] has become when its scripts have run. */
    fun dom(page: Path, isDark: Boolean): String = run(isDark, "--dump-dom", "${page.toUri()}")

    /** Draws [page] in a window of [width] by [height] into the file [image]. */
    fun draw(page: Path, isDark: Boolean, width: Int, height: Int, image: Path) {
        run(isDark, "--screenshot=${image.toAbsolutePath()}", "--window-size=$width,$height", "${page.toUri()}")
    }

    private fun run(isDark: Boolean, vararg words: String): String {
        val scheme = "--blink-settings=preferredColorScheme=${if (isDark) 0 else 1}"
        val output = createTempFile("chromium", ".out")
        try {
            val command = listOf("$program") + FLAGS + listOf("--user-data-dir=$profile", scheme) + words
            val process = ProcessBuilder(command).redirectOutput(output.toFile())
                .redirectError(ProcessBuilder.Redirect.DISCARD).start()
            if (!process.waitFor(2, TimeUnit.MINUTES)) {
                process.destroyForcibly().waitFor()
                error("the browser hangs: $command")
            }
            check(process.exitValue() == 0) { "the browser ended with ${process.exitValue()}: $command" }
            return output.readText()
        } finally {
            output.deleteExisting()
        }
    }

    override fun close() {
        profile.toFile().deleteRecursively()
    }

    private companion object {
        // A container's root has no sandbox, and little shared memory.
        val FLAGS = listOf(
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--hide-scrollbars",
            "--no-first-run",
            "--disable-extensions",
        )
    }
}
