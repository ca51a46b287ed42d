package dev.leasehold.memory.netty

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.io.File
import java.nio.file.Path
import java.util.concurrent.TimeUnit

/** Other JVMs than that of the tests, which has native access and lets Netty have its Unsafe. */
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
            val output = onClassPath()
            output shouldContain "without native access"
            output shouldContain "all is back"
        }

        test("buffers work where Netty has no Unsafe") {
            onClassPath("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=deny") shouldContain
                "all is back"
        }

        test("buffers work where Netty has its Unsafe, and there is no native access") {
            onClassPath("--sun-misc-unsafe-memory-access=allow") shouldContain "all is back"
        }

        test("buffers work on the module path") {
            val names = listOf("memory-core", "kotlin-stdlib", "annotations", "netty-buffer", "netty-common")
            val (modules, others) = classPath.partition { entry ->
                val file = File(entry)
                val isTested = names.any { file.name.startsWith(it) } && !file.name.endsWith("-tests.jar")
                isTested || File(file, "module-info.class").isFile
            }
            val output = run(
                "--enable-native-access=dev.leasehold.memory.core",
                "-p",
                modules.joinToString(File.pathSeparator),
                "--add-modules",
                "dev.leasehold.memory.netty",
                "-cp",
                others.filter { File(it).isDirectory }.joinToString(File.pathSeparator),
            )
            output shouldContain "all is back"
        }
    }
}
