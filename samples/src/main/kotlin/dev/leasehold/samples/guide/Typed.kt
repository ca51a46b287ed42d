package dev.leasehold.samples.guide

import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.typed.ChunkRing
import dev.leasehold.memory.typed.ElementType
import dev.leasehold.memory.typed.Handle
import dev.leasehold.memory.typed.HoldableObjectPool
import dev.leasehold.memory.typed.ObjectPool
import dev.leasehold.memory.typed.OffHeapDictionary
import dev.leasehold.memory.typed.OffHeapList
import dev.leasehold.memory.typed.SharedBuffer
import dev.leasehold.memory.typed.SmallBuffer
import dev.leasehold.memory.typed.StringTable
import dev.leasehold.memory.typed.Struct
import dev.leasehold.memory.typed.StructArray
import dev.leasehold.memory.typed.add
import dev.leasehold.memory.typed.allocate
import dev.leasehold.memory.typed.allocateBuffer
import dev.leasehold.memory.typed.asStructs
import dev.leasehold.memory.typed.drain
import dev.leasehold.memory.typed.elements
import dev.leasehold.memory.typed.find
import dev.leasehold.memory.typed.get
import dev.leasehold.memory.typed.hold
import dev.leasehold.memory.typed.push
import dev.leasehold.memory.typed.read
import dev.leasehold.memory.typed.set

// region struct
internal object Star : Struct<Star>() {
    val x = float()
    val y = float()
    val brightness = int()
    val next = handle() // another star
    val name = text(16)
}
// endregion

/** The guide's snippets on typed memory. What stands between a region's comments is what docs/guide.md shows. */
internal object Typed {
    fun structs(manager: MemoryManager): Float = manager.allocate(Star, 1000).use { block ->
        block.withSegment { bytes ->
            // region structs
            val stars: StructArray<Star> = bytes.asStructs(Star)
            stars.zero()
            stars.forEach { star -> star[Star.x] += 1.5f }
            stars[3, Star.name] = "Vega"
            val brightest = stars[3]
            brightest[Star.brightness] = 100
            // endregion
            check(stars[3, Star.name] == "Vega" && stars[3, Star.brightness] == 100) { "written where it was read" }
            stars[999, Star.x]
        }
    }

    fun objects(report: (String) -> Unit): Handle {
        // region objects
        val stars = ObjectPool("stars", Star) { capacity = 100_000 }
        val sun = stars.allocateHandle()
        stars[sun][Star.brightness] = 7
        val companion = stars.allocateHandle()
        stars[companion][Star.next] = sun // a handle is a number, and can be stored

        stars.free(sun)
        val target = stars[companion][Star.next]
        report("the sun shines: ${stars.find(target) != null}") // false, whatever lies in its slot by now
        stars.free(companion)
        stars.close()
        // endregion
        return target
    }

    fun holding(report: (String) -> Unit) {
        // region hold
        val stars = HoldableObjectPool("stars", Star)
        val sun = stars.allocateHandle()
        stars[sun][Star.brightness] = 7
        // another thread may free the sun at any moment
        val seen = stars.read(sun) { it[Star.brightness] } // 7, or null when it was freed meanwhile
        stars.hold(sun) { it[Star.brightness] += 1 } // the slot is nobody else's up to the brace
        // endregion
        report("seen: $seen, now: ${stars.read(sun) { it[Star.brightness] }}")
        stars.free(sun)
        stars.close()
    }

    fun buffers(manager: MemoryManager): Float {
        // region buffers
        val samples = manager.allocateBuffer(ElementType.FLOAT, 1024) // one owner
        samples.elements.fill(0.5f)
        samples[0] = 4f
        val shared: SharedBuffer<Float> = samples.share() // several owners; `samples` has nothing any more
        val reader = shared.copy()
        shared.close()
        val first = reader[0]
        reader.close() // the last one frees the memory
        // endregion
        return first
    }

    fun events(): List<Long> {
        val seen = ArrayList<Long>()
        // region events
        val events = SmallBuffer.ofLongs(inlineCapacity = 64)
        val workers = List(4) { worker -> Thread.ofPlatform().start { events.push(worker.toLong()) } }
        workers.forEach(Thread::join)
        events.drain { seen += it } // what each thread pushed, in its order
        // endregion
        return seen
    }

    fun collections(manager: MemoryManager, report: (String) -> Unit) {
        // region collections
        val ids = OffHeapList(ElementType.LONG, manager)
        val counts = OffHeapDictionary(ElementType.LONG, ElementType.LONG, manager)
        val names = StringTable(manager)
        for (id in 1L..1000L) {
            ids.add(id)
            counts[id] = id * id
        }
        val vega = names.intern("Vega") // the same text has the same number
        report("${ids.size} ids, ${counts[30]}, ${names[vega]}, ${ids.byteSize + counts.byteSize} bytes off the heap")
        listOf(ids, counts, names).forEach(AutoCloseable::close)
        // endregion
    }

    fun reopened(manager: MemoryManager): Long {
        // region reopen
        val list = OffHeapList(ElementType.LONG, manager)
        list.add(4711)
        val block = list.release() // the list gives its memory up: all that it is lies in the block
        val again = OffHeapList.open(ElementType.LONG, block)
        val first = again[0]
        again.close()
        // endregion
        return first
    }

    fun ring(manager: MemoryManager): Long {
        var sum = 0L
        // region ring
        val ring = ChunkRing(manager, capacity = 64 * 1024)
        val producer = Thread.ofPlatform().start {
            for (number in 1L..100L) ring.write(8) { chunk -> chunk.setLong(0, number) }
        }
        repeat(100) { ring.read { chunk -> sum += chunk.getLong(0) } }
        producer.join()
        ring.close()
        // endregion
        return sum
    }
}
