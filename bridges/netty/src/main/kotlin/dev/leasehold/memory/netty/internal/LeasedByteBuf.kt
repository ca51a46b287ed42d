package dev.leasehold.memory.netty.internal

import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.internal.spi.InternalMemoryApi
import dev.leasehold.memory.internal.spi.LeasePin
import dev.leasehold.memory.internal.spi.boundlessView
import dev.leasehold.memory.internal.spi.giveBlockBack
import dev.leasehold.memory.internal.spi.leaseBlock
import dev.leasehold.memory.internal.spi.pin
import dev.leasehold.memory.internal.spi.requireStack
import dev.leasehold.memory.internal.spi.takeBlock
import dev.leasehold.memory.tryRentShared
import io.netty.buffer.AbstractByteBuf
import io.netty.buffer.ByteBuf
import io.netty.util.IllegalReferenceCountException
import java.io.InputStream
import java.io.OutputStream
import java.lang.foreign.MemorySegment
import java.lang.foreign.ValueLayout.JAVA_BYTE
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.nio.ReadOnlyBufferException
import java.nio.channels.ClosedChannelException
import java.nio.channels.FileChannel
import java.nio.channels.GatheringByteChannel
import java.nio.channels.ScatteringByteChannel
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater

/**
 * A buffer of Netty's whose bytes are a pool's, until its last reference is released.
 *
 * Netty checks the reference count and the bounds of each access, and this the bytes only; so it needs no view that
 * ends with it, and has none. It is the tenure itself, any thread's: mostly there is no lease beside it, and where the pool
 * wants one, or a lease was there first, it is in [held].
 *
 * The count is a field of this, where Netty's own buffers have an object for it. It is how many references there are
 * beside the first, so that it need not be written, and ordered, before the buffer is handed out.
 */
@OptIn(InternalMemoryApi::class)
internal class LeasedByteBuf(val allocator: PoolByteBufAllocator, maxCapacity: Int) : AbstractByteBuf(maxCapacity) {
    // How many references there are beside one; ENDED where there is not even that, TAKING for a moment before.
    @Volatile private var others = 0

    // Where the first byte lies in what the bytes are reached by.
    private var start = 0L
    private var length = 0

    // For how many bytes the memory was taken.
    private var room = 0

    private var held: HeldLease? = null

    // The whole buffer for channels, made when one asks.
    private var channelView: ByteBuffer? = null

    private val bytes: MemorySegment get() = Bytes.all ?: held!!.view!!

    private fun at(index: Int) = start + index

    // ---- memory ----

    /** Gets the first memory, of [size] bytes. When this throws, there is none. */
    fun begin(size: Int) {
        obtain(size)
        length = size
    }

    /** Has other memory from now on, of [size] bytes. When this throws, nothing has changed. */
    private fun obtain(size: Int) {
        if (obtainAtHand(size)) return
        requireStack(CALLS)
        have(allocator.rent(size), null)
    }

    /** [obtain] of what costs nothing to try. */
    private fun obtainAtHand(size: Int): Boolean {
        if (Bytes.all == null) return false
        val address = allocator.memory.takeBlock(size.toLong())
        if (address == 0L) return false
        // Not by a call, for which there may be no stack: the block would be lost.
        start = address
        room = size
        held = null
        return true
    }

    /** [obtain] where memory is not needed. */
    private fun tryObtain(size: Int): Boolean {
        if (obtainAtHand(size)) return true
        requireStack(CALLS)
        val pool = allocator.memory
        val lease = if (pool.isClosed) null else pool.tryRentShared(size.toLong())
        if (lease != null) have(lease, null)
        return lease != null
    }

    /** Has the bytes of [lease], all of which can be read, and gives it back at the end. */
    fun adopt(lease: SharedLease) {
        requireStack(CALLS)
        val size = lease.size.toInt()
        have(lease, lease.pin(0, lease.size))
        length = size
        val _ = writerIndex(size)
    }

    private fun have(lease: SharedLease, pin: LeasePin?) {
        val held = try {
            HeldLease(lease, if (Bytes.all == null) lease.boundlessView().asMemorySegment() else null, pin)
        } catch (failure: Throwable) {
            pin?.close() ?: lease.close()
            throw failure
        }
        start = if (Bytes.all == null) 0 else lease.address
        room = lease.size.toInt()
        this.held = held
    }

    private fun giveBack(start: Long, room: Int, held: HeldLease?) {
        if (held != null) {
            held.giveBack(allocator)
        } else if (start != 0L) {
            allocator.memory.giveBlockBack(start, room.toLong())
        }
    }

    // ---- size ----

    override fun capacity(): Int = length

    override fun capacity(newCapacity: Int): ByteBuf {
        checkNewCapacity(newCapacity)
        if (newCapacity > room || (newCapacity < length && newCapacity <= room / 2)) move(newCapacity)
        if (newCapacity < length) trimIndicesToCapacity(newCapacity)
        length = newCapacity
        channelView = null
        return this
    }

    /** Moves the bytes to where they have just the room that is needed; what shrinks may stay instead. */
    private fun move(capacity: Int) {
        requireStack(CALLS)
        val from = bytes
        val start = start
        val room = room
        val held = held
        if (capacity > room) {
            obtain(capacity)
        } else if (!tryObtain(capacity)) {
            return
        }
        MemorySegment.copy(from, start, bytes, this.start, minOf(length, capacity).toLong())
        giveBack(start, room, held)
    }

    // ---- references ----

    override fun refCnt(): Int = maxOf(0, others + 1)

    override fun retain(): ByteBuf = retain(1)

    override fun retain(increment: Int): ByteBuf {
        require(increment > 0) { "increment: $increment (expected: > 0)" }
        while (true) {
            val seen = others
            if (seen < 0 || seen >= Int.MAX_VALUE - increment) throw IllegalReferenceCountException(refCnt(), increment)
            if (OTHERS.compareAndSet(this, seen, seen + increment)) return this
        }
    }

    override fun touch(): ByteBuf = this

    override fun touch(hint: Any?): ByteBuf = this

    override fun release(): Boolean = release(1)

    override fun release(decrement: Int): Boolean {
        require(decrement > 0) { "decrement: $decrement (expected: > 0)" }
        while (true) {
            val seen = others
            val left = seen - decrement
            if (seen < 0 || left < ENDED) return releaseTaken(seen, decrement)
            if (OTHERS.compareAndSet(this, seen, left)) {
                if (left == ENDED) end()
                return left == ENDED
            }
        }
    }

    private fun releaseTaken(seen: Int, decrement: Int): Boolean {
        if (decrement == 1 && seen == TAKING && OTHERS.compareAndSet(this, TAKING, ENDED)) return true
        throw IllegalReferenceCountException(maxOf(0, seen + 1), -decrement)
    }

    private fun end() {
        try {
            giveBack(start, room, held)
        } catch (full: VirtualMachineError) {
            // There was no room on the stack, and nothing has come back: another release can do it.
            others = 0
            throw full
        }
        channelView = null
    }

    /** Ends this, of which [outer] is the reference, and returns the lease. */
    fun takeOut(outer: ByteBuf): SharedLease {
        requireStack(CALLS)
        if (others != 0) throw notAlone()
        // Before anything has changed, for the heap may be full.
        val lease = held?.lease ?: allocator.memory.leaseBlock(start, room.toLong())
        if (!OTHERS.compareAndSet(this, 0, TAKING)) throw notAlone()
        if (!outer.release()) {
            others = 0
            throw IllegalArgumentException("$outer does not release what it wraps: detach ${outer.unwrap()} instead")
        }
        held?.pin?.close()
        return lease
    }

    private fun notAlone() = IllegalReferenceCountException(
        "only its one holder can take the lease out of a buffer of $allocator, and refCnt is ${refCnt()}: release " +
            "the other references, slices and duplicates first",
    )

    // ---- what it is ----

    override fun alloc(): PoolByteBufAllocator = allocator

    @Deprecated("Netty asks for the LE methods instead.")
    override fun order(): ByteOrder = ByteOrder.BIG_ENDIAN

    override fun unwrap(): ByteBuf? = null

    override fun isDirect(): Boolean = true

    override fun isContiguous(): Boolean = true

    override fun hasArray(): Boolean = false

    override fun array(): ByteArray = throw UnsupportedOperationException("direct buffer")

    override fun arrayOffset(): Int = throw UnsupportedOperationException("direct buffer")

    override fun hasMemoryAddress(): Boolean = true

    override fun memoryAddress(): Long {
        ensureAccessible()
        return held?.lease?.address ?: start
    }

    // ---- single values ----

    override fun _getByte(index: Int): Byte = bytes.get(JAVA_BYTE, at(index))

    override fun _getShort(index: Int): Short = bytes.get(Bytes.short, at(index))

    override fun _getShortLE(index: Int): Short = bytes.get(Bytes.shortLE, at(index))

    override fun _getUnsignedMedium(index: Int): Int =
        (_getByte(index).toInt() and BYTE shl 16) or (_getShort(index + 1).toInt() and SHORT)

    override fun _getUnsignedMediumLE(index: Int): Int =
        (_getByte(index).toInt() and BYTE) or (_getShortLE(index + 1).toInt() and SHORT shl 8)

    override fun _getInt(index: Int): Int = bytes.get(Bytes.int, at(index))

    override fun _getIntLE(index: Int): Int = bytes.get(Bytes.intLE, at(index))

    override fun _getLong(index: Int): Long = bytes.get(Bytes.long, at(index))

    override fun _getLongLE(index: Int): Long = bytes.get(Bytes.longLE, at(index))

    override fun _setByte(index: Int, value: Int): Unit = bytes.set(JAVA_BYTE, at(index), value.toByte())

    override fun _setShort(index: Int, value: Int): Unit = bytes.set(Bytes.short, at(index), value.toShort())

    override fun _setShortLE(index: Int, value: Int): Unit = bytes.set(Bytes.shortLE, at(index), value.toShort())

    override fun _setMedium(index: Int, value: Int) {
        _setByte(index, value shr 16)
        _setShort(index + 1, value)
    }

    override fun _setMediumLE(index: Int, value: Int) {
        _setByte(index, value)
        _setShortLE(index + 1, value shr 8)
    }

    override fun _setInt(index: Int, value: Int): Unit = bytes.set(Bytes.int, at(index), value)

    override fun _setIntLE(index: Int, value: Int): Unit = bytes.set(Bytes.intLE, at(index), value)

    override fun _setLong(index: Int, value: Long): Unit = bytes.set(Bytes.long, at(index), value)

    override fun _setLongLE(index: Int, value: Long): Unit = bytes.set(Bytes.longLE, at(index), value)

    override fun setZero(index: Int, length: Int): ByteBuf {
        checkIndex(index, length)
        bytes.asSlice(at(index), length.toLong()).fill(0)
        return this
    }

    override fun writeZero(length: Int): ByteBuf {
        val _ = ensureWritable(length)
        val index = writerIndex()
        val _ = setZero(index, length)
        return writerIndex(index + length)
    }

    // ---- many ----

    override fun getBytes(index: Int, dst: ByteBuf, dstIndex: Int, length: Int): ByteBuf {
        checkDstIndex(index, length, dstIndex, dst.capacity())
        val all = Bytes.all
        if (dst.isReadOnly) throw ReadOnlyBufferException()
        if (dst.hasArray()) {
            MemorySegment.copy(bytes, JAVA_BYTE, at(index), dst.array(), dst.arrayOffset() + dstIndex, length)
        } else if (all != null && dst.hasMemoryAddress()) {
            MemorySegment.copy(all, at(index), all, dst.memoryAddress() + dstIndex, length.toLong())
        } else {
            val _ = dst.setBytes(dstIndex, nioView(index, length))
        }
        return this
    }

    override fun getBytes(index: Int, dst: ByteArray, dstIndex: Int, length: Int): ByteBuf {
        checkDstIndex(index, length, dstIndex, dst.size)
        MemorySegment.copy(bytes, JAVA_BYTE, at(index), dst, dstIndex, length)
        return this
    }

    override fun getBytes(index: Int, dst: ByteBuffer): ByteBuf {
        val count = dst.remaining()
        checkIndex(index, count)
        if (dst.isReadOnly) throw ReadOnlyBufferException()
        if (dst.hasArray()) {
            MemorySegment.copy(bytes, JAVA_BYTE, at(index), dst.array(), dst.arrayOffset() + dst.position(), count)
        } else {
            MemorySegment.copy(bytes, at(index), MemorySegment.ofBuffer(dst), 0, count.toLong())
        }
        dst.position(dst.limit())
        return this
    }

    override fun getBytes(index: Int, out: OutputStream, length: Int): ByteBuf {
        checkIndex(index, length)
        val part = ByteArray(minOf(length, STREAM_PART))
        var done = 0
        while (done < length) {
            val count = minOf(part.size, length - done)
            MemorySegment.copy(bytes, JAVA_BYTE, at(index + done), part, 0, count)
            out.write(part, 0, count)
            done += count
        }
        return this
    }

    override fun setBytes(index: Int, src: ByteBuf, srcIndex: Int, length: Int): ByteBuf {
        checkSrcIndex(index, length, srcIndex, src.capacity())
        val all = Bytes.all
        if (src.hasArray()) {
            MemorySegment.copy(src.array(), src.arrayOffset() + srcIndex, bytes, JAVA_BYTE, at(index), length)
        } else if (all != null && src.hasMemoryAddress()) {
            MemorySegment.copy(all, src.memoryAddress() + srcIndex, all, at(index), length.toLong())
        } else {
            val _ = src.getBytes(srcIndex, nioView(index, length))
        }
        return this
    }

    override fun setBytes(index: Int, src: ByteArray, srcIndex: Int, length: Int): ByteBuf {
        checkSrcIndex(index, length, srcIndex, src.size)
        MemorySegment.copy(src, srcIndex, bytes, JAVA_BYTE, at(index), length)
        return this
    }

    override fun setBytes(index: Int, src: ByteBuffer): ByteBuf {
        val count = src.remaining()
        checkIndex(index, count)
        if (src.hasArray()) {
            MemorySegment.copy(src.array(), src.arrayOffset() + src.position(), bytes, JAVA_BYTE, at(index), count)
        } else {
            MemorySegment.copy(MemorySegment.ofBuffer(src), 0, bytes, at(index), count.toLong())
        }
        src.position(src.limit())
        return this
    }

    override fun setBytes(index: Int, input: InputStream, length: Int): Int {
        checkIndex(index, length)
        val part = ByteArray(length)
        val count = input.read(part)
        if (count > 0) MemorySegment.copy(part, 0, bytes, JAVA_BYTE, at(index), count)
        return count
    }

    override fun copy(index: Int, length: Int): ByteBuf {
        checkIndex(index, length)
        return allocator.directBuffer(length, maxCapacity()).writeBytes(this, index, length)
    }

    // ---- channels ----

    override fun nioBufferCount(): Int = 1

    override fun nioBuffer(index: Int, length: Int): ByteBuffer {
        checkIndex(index, length)
        return nioView(index, length)
    }

    override fun nioBuffers(index: Int, length: Int): Array<ByteBuffer> = arrayOf(nioBuffer(index, length))

    override fun internalNioBuffer(index: Int, length: Int): ByteBuffer {
        checkIndex(index, length)
        val whole = channelView ?: nioView(0, this.length).also { channelView = it }
        return whole.clear().position(index).limit(index + length)
    }

    private fun nioView(index: Int, length: Int): ByteBuffer = bytes.asSlice(at(index), length.toLong()).asByteBuffer()

    override fun getBytes(index: Int, out: GatheringByteChannel, length: Int): Int = out.write(nioBuffer(index, length))

    override fun getBytes(index: Int, out: FileChannel, position: Long, length: Int): Int =
        out.write(nioBuffer(index, length), position)

    override fun readBytes(out: GatheringByteChannel, length: Int): Int {
        checkReadableBytes(length)
        return skipped(out.write(internalNioBuffer(readerIndex(), length)))
    }

    override fun readBytes(out: FileChannel, position: Long, length: Int): Int {
        checkReadableBytes(length)
        return skipped(out.write(internalNioBuffer(readerIndex(), length), position))
    }

    private fun skipped(count: Int): Int {
        if (count > 0) skipBytes(count)
        return count
    }

    override fun setBytes(index: Int, input: ScatteringByteChannel, length: Int): Int =
        unlessClosed { input.read(internalNioBuffer(index, length)) }

    override fun setBytes(index: Int, input: FileChannel, position: Long, length: Int): Int =
        unlessClosed { input.read(internalNioBuffer(index, length), position) }

    // As Netty has it: the end of a channel, however it came.
    private inline fun unlessClosed(read: () -> Int): Int = try {
        read()
    } catch (_: ClosedChannelException) {
        -1
    }

    private companion object {
        const val ENDED = -1
        const val TAKING = -2
        const val BYTE = 0xff
        const val SHORT = 0xffff
        const val STREAM_PART = 8192

        // How deep it goes between two steps that belong together.
        const val CALLS = 64

        val OTHERS: AtomicIntegerFieldUpdater<LeasedByteBuf> =
            AtomicIntegerFieldUpdater.newUpdater(LeasedByteBuf::class.java, "others")
    }
}
