@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.contract.platform

import dev.leasehold.memory.internal.platform.tryUnmap
import dev.leasehold.memory.internal.spi.InternalMemoryApi
import dev.leasehold.memory.internal.spi.logWarning
import dev.leasehold.memory.support.ScriptedPlatform
import dev.leasehold.testing.loggedRecords
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import java.util.logging.Level

class LogSpec : FunSpec() {
    init {
        test("a record names the class and the function that report") {
            val scripted = ScriptedPlatform().apply { refuseUnmap = true }
            val record = record("scripted: unmap refused 4096 bytes") { scripted.tryUnmap(4096, 4096) shouldBe false }
            record.sourceClassName shouldBe "dev.leasehold.memory.internal.platform.GiveBackKt"
            record.sourceMethodName shouldBe "tryUnmap"
            record.level shouldBe Level.WARNING
        }

        test("a record of another module names that module's class") {
            val warning = record("a warning of the test") { Reporter.warn("a warning of the test") }
            warning.sourceClassName shouldBe Reporter::class.java.name
            warning.level shouldBe Level.WARNING
        }
    }

    private fun record(about: String, action: () -> Unit) = loggedRecords(about, action).single()

    private object Reporter {
        fun warn(message: String) = logWarning(message)
    }
}
