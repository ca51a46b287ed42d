package dev.leasehold.samples

import com.github.ajalt.clikt.core.CoreCliktCommand
import com.github.ajalt.clikt.core.UsageError
import com.github.ajalt.clikt.core.parse
import com.github.ajalt.clikt.parameters.options.option
import dev.leasehold.memory.GiB
import dev.leasehold.memory.KiB
import dev.leasehold.memory.MiB
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe

private class Command : CoreCliktCommand() {
    val amount by option().size()

    override fun run() = Unit
}

private fun parsed(text: String): Long? = Command().apply { parse(listOf("--amount", text)) }.amount

class CommandLineSpec : FunSpec({
    test("sizes are read in bytes, or in the unit behind the number") {
        parsed("1000") shouldBe 1000
        parsed("64kib") shouldBe 64.KiB
        parsed("64MiB") shouldBe 64.MiB
        parsed("999999999GiB") shouldBe 999_999_999.GiB
    }

    test("anything else is no size") {
        for (text in listOf("", "MiB", "1.5GiB", "1GB", "64 MiB", "9999999999")) {
            shouldThrow<UsageError> {
                parsed(text)
            }
        }
    }
})
