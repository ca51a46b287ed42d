package dev.leasehold.memory.support

import dev.leasehold.memory.access
import java.io.File
import java.util.concurrent.TimeUnit
import kotlin.reflect.KClass

/** Another virtual machine with this one's class path, for what must be set before a virtual machine starts. */
internal object ChildJvm {
    class Result(val exitCode: Int, val output: String)

    const val NATIVE_ACCESS = "--enable-native-access=ALL-UNNAMED"

    private const val SAMPLE = "dev.leasehold.memory.sampleEvery"

    /** Runs [main] with [options] to its end, half an hour at most. */
    fun run(main: KClass<*>, options: List<String>, vararg args: String): Result =
        run("$main", options, builder(main, options, args.asList()))

    /** [run] for a process that a shell bounds with [bound], such as `ulimit -v 1000000`, first. */
    fun runBounded(bound: String, main: KClass<*>, options: List<String>): Result {
        val builder = builder(main, options, emptyList())
        return run(
            "$main",
            options,
            builder.command(listOf("sh", "-c", "$bound; exec \"\$@\"", "sh") + builder.command()),
        )
    }

    private fun run(main: String, options: List<String>, builder: ProcessBuilder): Result {
        val output = File.createTempFile("leasehold-child", ".log")
        try {
            val process = builder.redirectOutput(output).start()
            if (!process.waitFor(30, TimeUnit.MINUTES)) {
                process.destroyForcibly()
                error("$main hangs under $options:\n${output.readText()}")
            }
            return Result(process.exitValue(), output.readText())
        } finally {
            output.delete()
        }
    }

    /** Starts [main] with [options], and does not wait: the caller sees to its end, and reads what it prints. */
    fun start(main: KClass<*>, options: List<String>, vararg args: String): Process =
        builder(main, options, args.asList()).start()

    private fun builder(main: KClass<*>, options: List<String>, args: List<String>): ProcessBuilder {
        val java = File(System.getProperty("java.home"), "bin/java").path
        // As many are watched as here.
        val sample = listOfNotNull(System.getProperty(SAMPLE)?.let { "-D$SAMPLE=$it" })
        val command = listOf(java) + sample + options + listOf("-cp", classPath(), main.java.name) + args
        return ProcessBuilder(command).redirectErrorStream(true)
    }

    private fun classPath() = System.getProperty("surefire.test.class.path") ?: System.getProperty("java.class.path")
}
