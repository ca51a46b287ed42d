package program

import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.arrow.newRootAllocator
import org.apache.arrow.memory.ArrowBuf
import org.apache.arrow.memory.RootAllocator

/** Uses buffers of a manager, and of what Arrow finds itself; prints `all is back` at the end. */
fun main() {
    SystemMemoryManager("everywhere").use { manager ->
        manager.newRootAllocator().use { allocator ->
            val buffer = allocator.buffer(1000)
            buffer.setLong(0, 7)
            check(buffer.getLong(0) == 7L && manager.stats().used >= 1000)
            println(viewOf(buffer))
            buffer.close()
        }
        check(manager.stats().used == 0L)
    }
    val system = MemoryManager.system()
    RootAllocator().use { allocator ->
        allocator.buffer(5000).use { check(system.stats().used >= 5000) { "${system.stats()}" } }
    }
    check(system.stats().used == 0L)
    println("all is back")
}

private fun viewOf(buffer: ArrowBuf): String = try {
    "an NIO view of ${buffer.nioBuffer(0, 8).capacity()} bytes"
} catch (refused: UnsupportedOperationException) {
    "no NIO view: ${refused.message}"
}
