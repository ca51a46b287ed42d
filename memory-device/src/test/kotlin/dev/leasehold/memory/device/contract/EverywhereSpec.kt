package dev.leasehold.memory.device.contract

import dev.leasehold.memory.device.support.TestDevices
import dev.leasehold.testing.JavaProgram
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.io.File
import java.nio.file.Path

/** Other JVMs than that of the tests, which has native access and everything on its class path. */
class EverywhereSpec : FunSpec() {
    private val classPath = System.getProperty("java.class.path").split(File.pathSeparator).map(Path::of)

    init {
        test("without native access there is no device, and a reason; nothing else suffers") {
            val end = JavaProgram("program.EverywhereKt", classPath, nativeAccess = null).run()
            end.output shouldContain "OpenCL: native access is not enabled: start Java with --enable-native-access="
            end.output shouldContain "CUDA: native access is not enabled"
            end.output shouldContain "all is back"
            end.exitCode shouldBe 0
        }

        test("devices are there on the module path, too") {
            val names = listOf("memory-core", "kotlin-stdlib", "annotations", "kotlinx-coroutines-core")
            val (modules, others) = classPath.partition { entry ->
                names.any { entry.fileName.toString().startsWith(it) } ||
                    File(entry.toFile(), "module-info.class").isFile
            }
            val path = modules.joinToString(File.pathSeparator)
            val options = listOf("-p", path, "--add-modules", "dev.leasehold.memory.device")
            val access = "dev.leasehold.memory.core,dev.leasehold.memory.device"
            val folders = others.filter { it.toFile().isDirectory }
            val end = JavaProgram("program.EverywhereKt", folders, options, access).run()
            end.output shouldContain "all is back"
            end.exitCode shouldBe 0
            TestDevices.openCl?.let { end.output shouldContain it.name }
        }
    }
}
