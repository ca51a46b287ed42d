package dev.leasehold.memory.arrow

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.io.File
import java.nio.file.Path
import java.util.concurrent.TimeUnit

/** Other JVMs than that of the tests, which has native access and is open for Arrow. */
class EverywhereSpec : FunSpec() {
    private val classPath = System.getProperty("java.class.path").split(File.pathSeparator)

    private fun run(vararg options: String): String {
        val java = Path.of(System.getProperty("java.home"), "bin", "java").toString()
        val process = ProcessBuilder(listOf(java) + options + "program.EverywhereKt").redirectErrorStream(true).start()
        val output = process.inputStream.bufferedReader().readText()
        process.waitFor(1, TimeUnit.MINUTES) shouldBe true
        return output
    }

    private fun onClassPath(vararg options: String) = run(*options, "-cp", classPath.joinToString(File.pathSeparator))

    init {
        test("buffers work without native access") {
            val output = onClassPath("--add-opens=java.base/java.nio=ALL-UNNAMED")
            output shouldContain "without native access"
            output shouldContain "an NIO view of 8 bytes"
            output shouldContain "all is back"
        }

        test("where the JVM is not open for Arrow, buffers work, and Arrow refuses NIO views of them") {
            val output = onClassPath("--enable-native-access=ALL-UNNAMED")
            output shouldContain "no NIO view: sun.misc.Unsafe or java.nio.DirectByteBuffer.<init>"
            output shouldContain "all is back"
        }

        test("buffers work on the module path") {
            val names = listOf("memory-core", "kotlin-stdlib", "annotations", "arrow-memory-core", "slf4j-api")
            val (modules, others) = classPath.partition { entry ->
                val file = File(entry)
                names.any { file.name.startsWith(it) } || File(file, "module-info.class").isFile
            }
            val output = run(
                "--enable-native-access=dev.leasehold.memory.core",
                "--add-opens=java.base/java.nio=org.apache.arrow.memory.core",
                "-p",
                modules.joinToString(File.pathSeparator),
                "--add-modules",
                "dev.leasehold.memory.arrow",
                "-cp",
                others.filter { File(it).isDirectory }.joinToString(File.pathSeparator),
            )
            output shouldContain "an NIO view of 8 bytes"
            output shouldContain "all is back"
        }
    }
}
