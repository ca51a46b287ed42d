package dev.leasehold.memory.contract.typed

import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.typed.ElementType
import dev.leasehold.memory.typed.SharedBuffer
import dev.leasehold.memory.typed.TypedMemoryClosedException
import dev.leasehold.memory.typed.UniqueBuffer
import dev.leasehold.memory.typed.allocateBuffer
import dev.leasehold.memory.typed.get
import dev.leasehold.memory.typed.set
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe

class SharedBufferSpec : FunSpec() {
    private fun shared(memory: ForeignMemory): SharedBuffer<Long> =
        UniqueBuffer.adopt(ElementType.LONG, memory.segment, memory).share()

    private fun words(action: () -> Any?): String = shouldThrow<TypedMemoryClosedException> { action() }.message!!

    init {
        test("a unique buffer that is shared refuses, and the last copy frees the memory") {
            SystemMemoryManager("shared").use { manager ->
                val unique = manager.allocateBuffer(ElementType.INT, 3)
                unique[1] = 11
                val first = unique.share()
                unique.isClosed shouldBe true
                words { unique.view() } shouldBe "UniqueBuffer of 3 elements (12 bytes) from manager 'shared' was " +
                    "used after share() had been called: use the SharedBuffer that it returned"
                val second = first.copy()
                val third = second.copy()
                first.ownerCount shouldBe 3
                third.toString() shouldBe "SharedBuffer(3 elements, 12 bytes, Host, 3 owners)"
                first.close()
                first.close()
                second.ownerCount shouldBe 2
                third[1] shouldBe 11
                second.close()
                third[1] = 12
                third.toString() shouldBe "SharedBuffer(3 elements, 12 bytes, Host, 1 owner)"
                manager.stats().blocks shouldBe 1
                third.close()
                third.ownerCount shouldBe 0
                manager.stats().blocks shouldBe 0
                val what = "SharedBuffer of 3 elements (12 bytes) from manager 'shared'"
                val after = "after it had been closed: use a buffer only until it is closed"
                words { third.view() } shouldBe "$what was used $after"
                words { third.copy() } shouldBe "$what was copied $after"
                words { third.release() } shouldBe "$what was released $after"
            }
        }

        test("only the sole owner can release; for others nothing changes") {
            val memory = ForeignMemory(16)
            val first = shared(memory)
            val second = first.copy()
            first.release().shouldBeNull()
            second.release().shouldBeNull()
            first.ownerCount shouldBe 2
            first[1] = 4
            second.close()
            val released = first.release().shouldNotBeNull()
            memory.releases shouldBe 0
            first.isClosed shouldBe true
            words { first.view() } shouldBe "SharedBuffer of 2 elements (16 bytes) from adopted memory was used " +
                "after release() had been called: the ReleasedBuffer that it returned has the memory"
            first.close()
            memory.releases shouldBe 0
            val again = SharedBuffer.adopt(released)
            again[1] shouldBe 4
            again.copy().use { copy ->
                again.close()
                copy[1] shouldBe 4
                memory.releases shouldBe 0
            }
            memory.releases shouldBe 1
        }

        test("a view that was taken through one copy lives as long as the last") {
            val memory = ForeignMemory(16)
            val first = shared(memory)
            val view = first.view()
            val second = first.copy()
            first.close()
            view.setLong(8, 3)
            second[1] shouldBe 3
            second.close()
            shouldThrow<Exception> { view.getLong(8) }
        }
    }
}
