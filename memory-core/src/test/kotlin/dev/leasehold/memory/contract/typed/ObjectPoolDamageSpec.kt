package dev.leasehold.memory.contract.typed

import dev.leasehold.memory.GuardBytesException
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.typed.Bytes
import dev.leasehold.memory.typed.get
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import java.lang.foreign.MemorySegment
import java.lang.foreign.ValueLayout.JAVA_BYTE

/** What object pools do when bytes behind their batches were overwritten. */
class ObjectPoolDamageSpec : FunSpec({
    for ((kind, make) in poolKinds) {
        for (verb in listOf("trim", "close")) {
            test("$kind gives all its batches back by a $verb that finds two of them damaged, and says so") {
                SystemMemoryManager("checked") { checked = true }.use { manager ->
                    val pool = make(Bytes(64, 8)) {
                        this.manager = manager
                        batchSize = 4
                    }
                    val handles = List(12) { pool.allocateHandle() }
                    for (at in listOf(0, 4)) {
                        val behind = MemorySegment.ofAddress(pool[handles[at]].address + 4 * 64).reinterpret(1)
                        behind.set(JAVA_BYTE, 0, (behind.get(JAVA_BYTE, 0) + 1).toByte())
                    }
                    handles.forEach { pool.free(it) shouldBe true }
                    shouldThrow<GuardBytesException> { if (verb == "trim") pool.trim() else pool.close() }
                        .suppressed.size shouldBe 1
                    manager.stats().blocks shouldBe 0
                    pool.stats().slots shouldBe 0
                    pool.close()
                }
            }
        }
    }
})
