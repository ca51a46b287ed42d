package dev.leasehold.memory.arrow

import dev.leasehold.memory.arrow.samples.flight.Sales
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.nio.file.Path
import java.util.concurrent.TimeUnit

class FlightExchangeSpec : FunSpec() {
    private fun start(program: String, vararg words: String): Process {
        val java = Path.of(System.getProperty("java.home"), "bin", "java").toString()
        val options = listOf(
            "--enable-native-access=ALL-UNNAMED",
            "--add-opens=java.base/java.nio=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-Xmx128m",
            "-cp",
            System.getProperty("java.class.path"),
            "dev.leasehold.memory.arrow.samples.flight.$program",
        )
        return ProcessBuilder(listOf(java) + options + words).redirectError(ProcessBuilder.Redirect.INHERIT).start()
    }

    init {
        test("two processes of 16 MiB each exchange 75 MiB of batches by Flight, and nothing is left in either") {
            val seller = start("SellerKt")
            val processes = mutableListOf(seller)
            try {
                val output = seller.inputStream.bufferedReader()
                val port = output.readLine()
                val accountants = List(2) { start("AccountantKt", port).also(processes::add) }
                for (accountant in accountants) {
                    val found = accountant.inputStream.bufferedReader().readText()
                    found shouldContain "accountant: ${Sales.BATCHES} batches, totals ${Sales.expected}"
                    found shouldContain "accountant: 0 bytes are still allocated"
                    accountant.waitFor(1, TimeUnit.MINUTES) shouldBe true
                    accountant.exitValue() shouldBe 0
                }
                seller.outputStream.close()
                output.readText() shouldContain "seller: 0 bytes are still allocated"
                seller.waitFor(1, TimeUnit.MINUTES) shouldBe true
                seller.exitValue() shouldBe 0
            } finally {
                processes.forEach { it.destroyForcibly() }
            }
        }
    }
}
