package dev.leasehold.memory.contract.typed

import dev.leasehold.memory.MemoryClosedException
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.typed.ElementType
import dev.leasehold.memory.typed.MemoryLocation
import dev.leasehold.memory.typed.ReleasedBuffer
import dev.leasehold.memory.typed.SharedBuffer
import dev.leasehold.memory.typed.TypedMemoryClosedException
import dev.leasehold.memory.typed.UniqueBuffer
import dev.leasehold.memory.typed.allocateBuffer
import dev.leasehold.memory.typed.get
import dev.leasehold.memory.typed.set
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe

class ReleasedBufferSpec : FunSpec() {
    private fun unique(memory: ForeignMemory) = UniqueBuffer.adopt(ElementType.LONG, memory.segment, memory)

    private fun words(action: () -> Any?): String = shouldThrow<TypedMemoryClosedException> { action() }.message!!

    init {
        test("what is released is not freed by the close of its former owner, and says loudly that it must be freed") {
            val memory = ForeignMemory(16)
            val buffer = unique(memory)
            buffer[1] = 9
            val view = buffer.view()
            val released = buffer.release()
            buffer.close()
            memory.releases shouldBe 0
            released.count shouldBe 2
            released.byteSize shouldBe 16
            released.type shouldBe ElementType.LONG
            released.location shouldBe MemoryLocation.Host
            released.segment.getLong(8) shouldBe 9
            view.getLong(8) shouldBe 9
            released.asMemorySegment().address() shouldBe memory.segment.address()
            released.isSettled shouldBe false
            released.toString() shouldBe "ReleasedBuffer(2 elements, 16 bytes, Host, NOT FREED: its holder MUST " +
                "free it or let a buffer adopt it)"
            words { buffer.view() } shouldBe "UniqueBuffer of 2 elements (16 bytes) from adopted memory was used " +
                "after release() had been called: the ReleasedBuffer that it returned has the memory"
            released.free()
            released.free()
            memory.releases shouldBe 1
            released.isSettled shouldBe true
            shouldThrow<MemoryClosedException> { view.getLong(8) }
            words { released.segment } shouldBe "ReleasedBuffer of 2 elements (16 bytes) from adopted memory was " +
                "used after it had been freed: use a released buffer only until then"
            words { UniqueBuffer.adopt(released) } shouldBe "ReleasedBuffer of 2 elements (16 bytes) from " +
                "adopted memory was adopted after it had been freed: use a released buffer only until then"
            released.toString() shouldBe "ReleasedBuffer(2 elements, 16 bytes, Host, over: it had been freed)"
        }

        test("its action frees it, once, whatever segment it is called with") {
            val memory = ForeignMemory(8)
            val released = unique(memory).release()
            val action = released.releaseAction
            action.release(memory.segment)
            action.release(memory.segment)
            released.releaseAction.release(memory.segment)
            memory.releases shouldBe 1
            released.isSettled shouldBe true
        }

        test("a buffer that adopts it frees it, and nothing else can") {
            for (adopt in listOf<(ForeignMemory) -> Unit>(::freedByUnique, ::freedByShared)) {
                val memory = ForeignMemory(8)
                adopt(memory)
                memory.releases shouldBe 1
            }
        }

        test("a block or a lease that is released goes back when it is freed") {
            SystemMemoryManager("released").use { manager ->
                val released = manager.allocateBuffer(ElementType.INT, 10).release()
                released.segment.setInt(0, 1)
                manager.stats().blocks shouldBe 1
                released.free()
                manager.stats().blocks shouldBe 0
                released.free()
                manager.allocateBuffer(ElementType.INT, 0).release().free()
                manager.stats().blocks shouldBe 0
            }
        }
    }

    private fun freedByUnique(memory: ForeignMemory) {
        val released = unique(memory).release()
        val adopted = UniqueBuffer.adopt(released)
        adopted[0] = 3
        adopted.type shouldBe ElementType.LONG
        refuses(released)
        adopted.close()
    }

    private fun freedByShared(memory: ForeignMemory) {
        val released = unique(memory).release()
        val adopted = SharedBuffer.adopt(released)
        val copy = adopted.copy()
        refuses(released)
        adopted.close()
        copy[0] = 3
        copy.close()
    }

    private fun refuses(released: ReleasedBuffer<Long>) {
        val what = "ReleasedBuffer of 1 element (8 bytes) from adopted memory"
        val after = "after a buffer had adopted it: use that buffer"
        words { released.free() } shouldBe "$what was freed $after"
        words { released.asMemorySegment() } shouldBe "$what was used $after"
        words { SharedBuffer.adopt(released) } shouldBe "$what was adopted $after"
        released.toString() shouldBe "ReleasedBuffer(1 element, 8 bytes, Host, over: a buffer had adopted it)"
    }
}
