package dev.leasehold.benchmarks.report

import io.netty.util.Version
import java.nio.file.Files
import java.nio.file.Path
import java.util.Properties
import kotlin.io.path.bufferedReader
import kotlin.io.path.bufferedWriter
import kotlin.io.path.exists
import kotlin.io.path.readLines

/** Where figures were measured and against what: without it they mean nothing. Names no host. */
internal data class Machine(val cpu: String, val cores: Int, val system: String, val jdk: String, val netty: String) {
    /** Keeps this beside the results in [file]. */
    fun save(file: Path) {
        val properties = Properties()
        properties +=
            mapOf("cpu" to cpu, "cores" to cores.toString(), "system" to system, "jdk" to jdk, "netty" to netty)
        file.bufferedWriter().use { properties.store(it, "where the results beside this were measured") }
    }

    companion object {
        /** The machine and the JVM that run this. */
        fun here(): Machine = Machine(cpu(), Runtime.getRuntime().availableProcessors(), system(), jdk(), netty())

        /**
         * What [save] kept in [file].
         *
         * @throws IllegalArgumentException when the file is missing or lacks an entry
         */
        fun load(file: Path): Machine {
            require(file.exists()) {
                "$file is missing: it names the machine that the results are from, and the report " +
                    "writes it beside them when it measures"
            }
            val properties = Properties()
            file.bufferedReader().use(properties::load)
            fun entry(name: String) = requireNotNull(properties.getProperty(name)) { "$file has no entry '$name'" }
            return Machine(entry("cpu"), entry("cores").toInt(), entry("system"), entry("jdk"), entry("netty"))
        }

        private fun cpu(): String = linuxCpu() ?: property("os.arch")

        private fun linuxCpu(): String? {
            val info = Path.of("/proc/cpuinfo")
            if (!Files.isReadable(info)) return System.getenv("PROCESSOR_IDENTIFIER")
            val model = info.readLines().find { it.startsWith("model name") } ?: return null
            return "${model.substringAfter(':').trim()} (${property("os.arch")})"
        }

        private fun system(): String {
            val kernel = "${property("os.name")} ${property("os.version")}"
            val release = Path.of("/etc/os-release")
            if (!Files.isReadable(release)) return kernel
            val name = release.readLines().find { it.startsWith("PRETTY_NAME=") } ?: return kernel
            return "${name.substringAfter('=').trim('"')}, $kernel"
        }

        private fun jdk(): String =
            "${property("java.vm.name")} ${property("java.runtime.version")} (${property("java.vendor")})"

        private fun netty(): String = Version.identify().values.first().artifactVersion()

        private fun property(name: String): String = System.getProperty(name)
    }
}
