package dev.leasehold.benchmarks

import org.apache.arrow.memory.ArrowBuf
import org.apache.arrow.memory.DefaultAllocationManagerOption.ALLOCATION_MANAGER_TYPE_PROPERTY_NAME
import org.apache.arrow.memory.RootAllocator

/** Apache Arrow's allocator, without a limit and without children: the shortest way through its accounting. */
public abstract class ArrowHeap(makeAllocator: () -> RootAllocator) : Heap<ArrowBuf>() {
    private val allocator = makeAllocator()

    override fun allocate(size: Int): ArrowBuf = allocator.buffer(size.toLong())

    override fun writeAndRead(block: ArrowBuf, value: Int): Int {
        block.setInt(0, value)
        return block.getInt(0)
    }

    override fun free(block: ArrowBuf): Unit = block.close()

    override fun shutDown(): Unit = allocator.close()
}

/** Over `sun.misc.Unsafe`, which is the C library's `malloc`. */
public open class ArrowUnsafe : ArrowHeap({ arrowsOwn("Unsafe") })

/** Over a pooled allocator of Netty's. */
public open class ArrowNetty : ArrowHeap({ arrowsOwn("Netty") })

/** On one of Arrow's own kinds of memory, which it takes from a system property, once for a JVM. */
private fun arrowsOwn(source: String): RootAllocator {
    val earlier = System.setProperty(ALLOCATION_MANAGER_TYPE_PROPERTY_NAME, source)
    check(earlier == null || earlier == source) {
        "this JVM has made an allocator on $earlier; each of Arrow's needs a JVM of its own, " +
            "so do not set forks to 0"
    }
    return RootAllocator()
}
