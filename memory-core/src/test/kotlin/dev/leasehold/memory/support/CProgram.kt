package dev.leasehold.memory.support

import io.kotest.core.test.Enabled
import io.kotest.core.test.EnabledOrReasonIf
import io.kotest.matchers.shouldBe
import java.nio.file.Path
import kotlin.io.path.absolutePathString
import kotlin.io.path.isExecutable

/**
 * The program [name] of `src/test/c`, which the system's own compiler builds when it is first run; where there is none,
 * tests are [skipped][enabled] that need it.
 */
internal class CProgram(private val name: String) : AutoCloseable {
    data class Result(val status: Int, val printed: String)

    private val compiler =
        System.getenv("PATH").orEmpty().split(':').map { Path.of(it, "cc") }.find { it.isExecutable() }
    private val folder = lazy { MappedFiles() }
    private val program by lazy {
        folder.value.path(name).also { program ->
            val source = Path.of("src", "test", "c", "$name.c").absolutePathString()
            val flags = arrayOf("-std=c11", "-O2", "-Wall", "-Wextra", "-Werror", "-o", "$program")
            await("$compiler", *flags, source) shouldBe Result(0, "")
        }
    }

    /** Whether a test that needs it can run. */
    val enabled: EnabledOrReasonIf = {
        if (compiler == null) Enabled.disabled("there is no C compiler 'cc' on the PATH") else Enabled.enabled
    }

    /** Runs it with [words] to its end. */
    fun run(vararg words: String): Result = await("$program", *words)

    /** Starts it with [words], and does not wait: the caller sees to its end. */
    fun start(vararg words: String): Process = builder("$program", *words).start()

    private fun await(vararg command: String): Result {
        val process = builder(*command).start()
        val printed = process.inputStream.use { String(it.readAllBytes()) }
        return Result(process.waitFor(), printed.trim())
    }

    private fun builder(vararg command: String) = ProcessBuilder(*command).redirectErrorStream(true)

    override fun close() {
        if (folder.isInitialized()) folder.value.close()
    }
}
