package dev.leasehold.memory.contract.typed

import dev.leasehold.memory.MemoryClosedException
import dev.leasehold.memory.SegmentBoundsException
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.ViewClosedException
import dev.leasehold.memory.contract.typed.StructSubjects.Particle
import dev.leasehold.memory.toByteArray
import dev.leasehold.memory.typed.ElementBoundsException
import dev.leasehold.memory.typed.ElementType
import dev.leasehold.memory.typed.MemoryLocation
import dev.leasehold.memory.typed.ReleaseAction
import dev.leasehold.memory.typed.StructArray
import dev.leasehold.memory.typed.TypedMemoryClosedException
import dev.leasehold.memory.typed.UniqueBuffer
import dev.leasehold.memory.typed.allocateBuffer
import dev.leasehold.memory.typed.allocateZeroedBuffer
import dev.leasehold.memory.typed.elements
import dev.leasehold.memory.typed.get
import dev.leasehold.memory.typed.set
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe

class UniqueBufferSpec : FunSpec() {
    private fun withManager(body: (SystemMemoryManager) -> Unit) {
        SystemMemoryManager("unique").use { manager ->
            body(manager)
            manager.stats().blocks shouldBe 0
        }
    }

    private fun words(action: () -> Any?): String = shouldThrow<TypedMemoryClosedException> { action() }.message!!

    init {
        test("a buffer from a manager has as many elements as were requested, and they are reached one by one") {
            withManager { manager ->
                manager.allocateBuffer(ElementType.LONG, 5).use { buffer ->
                    buffer.count shouldBe 5
                    buffer.byteSize shouldBe 40
                    buffer.type shouldBe ElementType.LONG
                    buffer.location shouldBe MemoryLocation.Host
                    buffer.isClosed shouldBe false
                    for (index in 0L..<5) buffer[index] = index * index
                    buffer.elements.size shouldBe 5
                    var sum = 0L
                    buffer.elements.forEach { sum += it }
                    sum shouldBe 30
                    buffer[4] shouldBe 16
                    buffer.view().size shouldBe 40
                    shouldThrow<SegmentBoundsException> { buffer[5] }.message shouldBe
                        "index 5 is outside of 5 elements: offset 40 with length 8 is outside of a segment of 40 bytes"
                    shouldThrow<SegmentBoundsException> { buffer[-1] = 1 }
                }
            }
        }

        test("a zeroed buffer is zero, also where others have written before") {
            withManager { manager ->
                manager.allocateBuffer(ElementType.INT, 1000).use { it.elements.fill(-1) }
                manager.allocateZeroedBuffer(ElementType.INT, 1000).use { buffer ->
                    buffer.elements.forEach { it shouldBe 0 }
                }
                manager.allocateZeroedBuffer(ElementType.INT, 0).use { it.count shouldBe 0 }
            }
        }

        test("a move leaves the memory and its views as they are, and the former owner refuses") {
            withManager { manager ->
                val first = manager.allocateBuffer(ElementType.FLOAT, 4)
                first[2] = 2.5f
                val elements = first.elements
                val second = first.move()
                first.isClosed shouldBe true
                first.close()
                elements[2] shouldBe 2.5f
                second[2] shouldBe 2.5f
                second.count shouldBe 4
                words { first.view() } shouldBe "UniqueBuffer of 4 elements (16 bytes) from manager 'unique' was " +
                    "used after its memory had been moved: use the buffer that has it now"
                words { first.move() } shouldBe "UniqueBuffer of 4 elements (16 bytes) from manager " +
                    "'unique' was moved after its memory had been moved: use the buffer that has it now"
                manager.stats().blocks shouldBe 1
                second.close()
            }
        }

        test("a closed buffer says so, however it is used, and closing again does nothing") {
            withManager { manager ->
                val buffer = manager.allocateBuffer(ElementType.DOUBLE, 1)
                val other = manager.allocateBuffer(ElementType.DOUBLE, 2)
                buffer.close()
                buffer.close()
                buffer.isClosed shouldBe true
                val after = "after it had been closed: use a buffer only until it is closed"
                val what = "UniqueBuffer of 1 element (8 bytes) from manager 'unique'"
                words { buffer.view() } shouldBe "$what was used $after"
                words { buffer.elements } shouldBe "$what was used $after"
                words { buffer[0] } shouldBe "$what was used $after"
                words { buffer.move() } shouldBe "$what was moved $after"
                words { buffer.share() } shouldBe "$what was shared $after"
                words { buffer.release() } shouldBe "$what was released $after"
                words { buffer.swap(other) } shouldBe "$what was swapped $after"
                words { other.swap(buffer) } shouldBe "$what was swapped $after"
                words { other.reset(buffer) } shouldBe "$what was moved $after"
                other.isClosed shouldBe false
                other.close()
                buffer.toString() shouldBe "UniqueBuffer(1 element, 8 bytes, Host, over: it had been closed)"
            }
        }

        test("a swap exchanges all, and nothing when one of the two has nothing") {
            withManager { manager ->
                val few = manager.allocateBuffer(ElementType.INT, 2)
                val many = manager.allocateBuffer(ElementType.INT, 3000)
                few[1] = 7
                many[2999] = 8
                few.swap(many)
                few.count shouldBe 3000
                few[2999] shouldBe 8
                many.count shouldBe 2
                many[1] shouldBe 7
                few.swap(few)
                few[2999] shouldBe 8
                few.close()
                shouldThrow<TypedMemoryClosedException> { few.swap(few) }
                shouldThrow<TypedMemoryClosedException> { many.swap(few) }
                many[1] shouldBe 7
                many.close()
            }
        }

        test("a reset frees what was there, and takes what the other has") {
            val first = ForeignMemory(8)
            val second = ForeignMemory(24)
            val buffer = UniqueBuffer.adopt(ElementType.LONG, first.segment, first)
            val other = UniqueBuffer.adopt(ElementType.LONG, second.segment, second)
            val late = buffer.elements
            other[2] = 5
            buffer.reset(other)
            first.releases shouldBe 1
            second.releases shouldBe 0
            shouldThrow<MemoryClosedException> { late[0] }
            buffer.count shouldBe 3
            buffer[2] shouldBe 5
            other.isClosed shouldBe true
            buffer.reset(buffer)
            buffer[2] shouldBe 5
            buffer.close()
            second.releases shouldBe 1
            val third = ForeignMemory(8)
            buffer.reset(UniqueBuffer.adopt(ElementType.LONG, third.segment, third))
            buffer.isClosed shouldBe false
            buffer[0] = 1
            buffer.close()
            third.releases shouldBe 1
            first.releases shouldBe 1
        }

        test("a buffer of structs is an array of them, with the bounds of the buffer") {
            withManager { manager ->
                manager.allocateZeroedBuffer(Particle, 3).use { buffer ->
                    buffer.byteSize shouldBe 96
                    val particles: StructArray<Particle> = buffer.elements
                    particles.size shouldBe 3
                    particles[2, Particle.id] = 12
                    particles.forEach { it[Particle.x] += 1.5f }
                    buffer[2][Particle.id] shouldBe 12
                    buffer[0] = buffer[2]
                    buffer[0][Particle.id] shouldBe 12
                    buffer[1][Particle.id] shouldBe 0
                    buffer[1][Particle.x] shouldBe 1.5f
                    buffer.view().getLong(Particle.id.offset) shouldBe 12
                    for (index in listOf(-1L, 3L, 1L shl 60)) {
                        shouldThrow<ElementBoundsException> { buffer[index] }.message shouldBe
                            "The array of structs has no element ${"%,d".format(index)}: it has 3, from 0 to 2"
                        shouldThrow<ElementBoundsException> { buffer[index] = buffer[0] }.index shouldBe index
                        shouldThrow<ElementBoundsException> { particles[index, Particle.id] = 1 }
                    }
                    val bytes = buffer.view().toByteArray()
                    bytes.count { it == 12.toByte() } shouldBe 2
                }
                manager.allocateBuffer(Particle, 0).use { buffer ->
                    buffer.elements.size shouldBe 0
                    shouldThrow<ElementBoundsException> { buffer[0] }
                }
            }
        }

        test("structs of a buffer follow its memory to the next owner, and are refused after the close") {
            val memory = ForeignMemory(2 * Particle.byteSize)
            val first = UniqueBuffer.adopt(Particle, memory.segment, memory)
            val late = first.elements
            val one = first[1]
            late[1, Particle.x] = 2f
            val shared = first.share()
            words { first.elements } shouldBe "UniqueBuffer of 2 elements (64 bytes) from adopted memory was used " +
                "after share() had been called: use the SharedBuffer that it returned"
            val copy = shared.copy()
            shared.close()
            late[1, Particle.x] shouldBe 2f
            copy.elements[1, Particle.x] shouldBe 2f
            copy[1][Particle.x] = 3f
            one[Particle.x] shouldBe 3f
            copy.close()
            memory.releases shouldBe 1
            shouldThrow<ViewClosedException> { late[1, Particle.x] }
            shouldThrow<ViewClosedException> { late[1, Particle.x] = 1f }
            shouldThrow<ViewClosedException> { one[Particle.x] }
            shouldThrow<ViewClosedException> { late.zero() }
            val after = "after it had been closed: use a buffer only until it is closed"
            for (use in listOf<() -> Any?>({ copy.elements }, { copy[0] }, { copy[0] = one })) {
                words(use) shouldBe "SharedBuffer of 2 elements (64 bytes) from adopted memory was used $after"
            }
        }

        test("the text of a buffer names its size and its place") {
            withManager { manager ->
                manager.allocateBuffer(ElementType.BYTE, 2000).use {
                    it.toString() shouldBe "UniqueBuffer(2,000 elements, 2,000 bytes, Host)"
                }
            }
            UniqueBuffer.adopt(ElementType.BYTE, ForeignMemory(3).segment, ReleaseAction.NOTHING).use {
                it.toString() shouldBe "UniqueBuffer(3 elements, 3 bytes, Host)"
            }
        }
    }
}
