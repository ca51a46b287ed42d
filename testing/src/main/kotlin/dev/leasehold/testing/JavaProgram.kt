package dev.leasehold.testing

import java.nio.file.Path
import java.util.concurrent.TimeUnit
import kotlin.io.path.createTempFile
import kotlin.io.path.deleteExisting
import kotlin.io.path.readText

/**
 * A program for a JVM of its own, which is of this JDK and has nothing of the tests' class path.
 *
 * @param main the class whose `main` runs
 * @param classPath all that the program has
 * @param options for the JVM, such as the size of its heap
 * @param nativeAccess what may call native code; nothing, where it is null
 */
public class JavaProgram(
    private val main: String,
    private val classPath: List<Path>,
    private val options: List<String> = emptyList(),
    private val nativeAccess: String? = "ALL-UNNAMED",
) {
    /**
     * How it ended.
     *
     * @property exitCode what it left the system
     * @property output what it wrote, errors included
     */
    public class End(public val exitCode: Int, public val output: String)

    /** Runs it to its end, ten minutes at most. */
    public fun run(vararg arguments: String): End {
        val output = createTempFile("program", ".log")
        try {
            val access = listOfNotNull(nativeAccess?.let { "--enable-native-access=$it" })
            val java = "${Path.of(System.getProperty("java.home"), "bin", "java")}"
            val command = listOf(java, UNSAFE_ACCESS) + access + options +
                listOf("-cp", classPath.joinToString(System.getProperty("path.separator")), main) + arguments
            val process = ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile()).start()
            if (!process.waitFor(10, TimeUnit.MINUTES)) {
                process.destroyForcibly().waitFor()
                error("$main hangs:\n${output.readText()}")
            }
            return End(process.exitValue(), output.readText())
        } finally {
            output.deleteExisting()
        }
    }

    private companion object {
        /** So that the JVM writes no warnings of its own. */
        const val UNSAFE_ACCESS = "--sun-misc-unsafe-memory-access=allow"
    }
}
