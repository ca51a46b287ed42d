package dev.leasehold.memory

import dev.leasehold.memory.internal.access.AccessFailures.hex
import dev.leasehold.memory.internal.access.counted
import dev.leasehold.memory.internal.block.BlockHome
import dev.leasehold.memory.internal.block.BlockKind
import dev.leasehold.memory.internal.cache.RefCount
import dev.leasehold.memory.internal.cache.ThreadCache
import dev.leasehold.memory.internal.engine.SlabEngine
import dev.leasehold.memory.internal.engine.Taken
import dev.leasehold.memory.internal.engine.Tenancy
import dev.leasehold.memory.internal.platform.Platform
import java.lang.foreign.Arena
import java.lang.foreign.MemorySegment
import java.nio.ByteBuffer
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater

/**
 * Memory that is owned through a reference count, from a manager's `allocate`.
 *
 * **Ownership.** Whoever allocates a block holds one reference to it. [retain] adds one, [close] gives one back, and the
 * block is freed exactly when the last goes: a count that has reached zero is never revived. Two blocks are equal only
 * when they are the same.
 * **Threads.** All functions may be called from any thread that holds a reference. What one thread wrote before it
 * handed the block over (through a queue, a lock, a started thread) is seen by the thread that takes it.
 * **Address.** [address] is fixed for the block's life; [resize] answers another block where the bytes had to move.
 * **Zeroed.** Only when it was asked for.
 * **After the last close** the block refuses. A view of [withSegment] is dead by then; a raw view from [segment] may
 * still reach memory that nobody else has been given, and throws when that is handed on.
 * **Cost.** A few nanoseconds to allocate and close on one thread; an atomic operation more for each [retain] and
 * [close] of blocks that travel, and, the first time that another thread counts a block of a thread's, tens of microseconds.
 *
 * @sample dev.leasehold.memory.samples.countedBlock
 */
public class Block internal constructor(
    private val engine: SlabEngine,
    private var cache: ThreadCache?,
    @get:JvmSynthetic
    @set:JvmSynthetic
    internal var home: BlockHome,
    /** Where the first byte lies in the process's address space. Fixed for the block's life. */
    public val address: Long,
    size: Long,
    kind: Int,
    private val count: RefCount,
) : AutoCloseable {
    // What the memory is: a size class or a mapping of its own, and the alignment that was asked for (BlockKind).
    @get:JvmSynthetic
    @set:JvmSynthetic
    internal var kind: Int = kind

    @Volatile
    private var tenancy: Tenancy? = null

    @Volatile
    private var resizing = 0

    /** How many bytes the block has. Changes only by a [resize] in place. */
    @set:JvmSynthetic
    public var size: Long = size
        internal set

    /** The manager that this was allocated from. */
    public val manager: MemoryManager get() = engine.owner as MemoryManager

    /** How many references there are: a moment's truth, for diagnosis. 0 when the block is closed. */
    public val refCount: Int get() = if (engine.cleared) 0 else count.count

    /** Whether the last reference is gone. Another thread may give it back at any moment: for diagnosis only. */
    public val isClosed: Boolean get() = count.isOver || engine.cleared

    /**
     * The bytes, for any thread.
     *
     * The view may be kept, handed over and used anywhere as long as the block is held. What it costs is paid when the
     * block is closed: the bytes then wait in quarantine until a batch of such views has been cut off, so memory that
     * is allocated next lies elsewhere and is colder. [withSegment] has no such price. Blocks of a mebibyte or more, and
     * those of a manager that traces sites or is checked, do not wait: closing them cuts their views off at once, which
     * takes tens of microseconds.
     *
     * @throws BlockClosedException when the last reference is gone
     */
    @get:JvmSynthetic
    public val segment: Segment get() = Segment.of(asMemorySegment())

    /**
     * The bytes as the platform's type, for any thread: the named crossing, and what Java uses. See [segment].
     *
     * @throws BlockClosedException when the last reference is gone
     */
    public fun asMemorySegment(): MemorySegment {
        val tenancy = tenancy
        if (tenancy != null && !isClosed && tenancy.raw.byteSize() == size) return tenancy.raw
        return makeView()
    }

    /**
     * The bytes as a byte buffer in native order, for channels, asynchronous ones too; at most 2 GiB. See [segment].
     *
     * @throws BlockClosedException when the last reference is gone
     * @throws SegmentSizeException when the block is larger than a byte buffer can be
     */
    public fun asByteBuffer(): ByteBuffer = segment.asByteBuffer().order(java.nio.ByteOrder.nativeOrder())

    /**
     * Lets [action] use the bytes on this thread, holds the block meanwhile, and cuts every view off when it returns.
     *
     * The fastest way to use a block, and the exact one: the view dies with the call, slices included, and the block's
     * memory can be reused the moment that it is closed. For code that suspends in between, or hands views to other
     * threads, there is [segment].
     *
     * **Ownership.** The block is held until [action] has returned, also when its last reference is given back meanwhile.
     * **Threads.** The view belongs to the calling thread. **Cost.** A few nanoseconds, and no garbage once compiled.
     *
     * @throws BlockClosedException when the last reference is gone
     * @throws GuardBytesException when [action] ran and the last reference went meanwhile, in a checked manager, and the
     *   bytes around the block were overwritten
     */
    @JvmSynthetic
    public inline fun <R> withSegment(crossinline action: (Segment) -> R): R =
        BlockAccess.of(this).use { action(Segment.of(it.raw)) }

    /**
     * Adds a reference, which its taker gives back with [close]. Only a thread that knows of a reference that lives on
     * meanwhile can be sure that it succeeds, so retain before you hand over.
     *
     * **Threads.** Any. **Cost.** See [Block].
     *
     * @return this block
     * @throws BlockClosedException when the last reference is gone
     */
    @IgnorableReturnValue
    public fun retain(): Block {
        if (!tryRetain()) refuse("retained")
        return this
    }

    /** [retain], or false, and nothing changed, when the last reference is gone. */
    public fun tryRetain(): Boolean = !engine.cleared && count.tryRetain()

    /**
     * Gives one reference back; the last one frees the memory. Does nothing when the manager has taken all of its blocks
     * back ([MemoryManager.clear]).
     *
     * **Threads.** Any. **Cost.** A few nanoseconds; see [segment] for what its views add to the last close.
     *
     * @throws BlockClosedException when there was none left to give back: somebody has closed more often than they
     *   retained
     * @throws GuardBytesException when this was the last reference, in a checked manager, and the bytes around the block
     *   were overwritten; the block *is* freed
     * @throws IllegalStateException while a native call or an input/output operation uses a view of a block whose views
     *   are cut off at once (a mebibyte or more, or traced or checked); the reference is kept, so close again afterwards
     */
    override fun close() {
        val left = count.release()
        if (left != RefCount.MORE) ended(left)
    }

    /** Begins a use that keeps the memory, whatever others close, until [leave]. */
    @JvmSynthetic
    internal fun enter() {
        if (engine.cleared || !count.tryEnter()) refuse("used")
    }

    /** Ends what [enter] began: small, because it is nearly never the last hold. */
    @JvmSynthetic
    internal fun leave() {
        if (count.leave() != RefCount.MORE) free()
    }

    private fun ended(left: Int) {
        if (left == RefCount.LAST) return free()
        // Whoever closes what was taken back has done nothing wrong.
        if (!engine.cleared) refuse("closed")
    }

    private fun free() {
        val tenancy = tenancy
        if (tenancy != null) return end(tenancy)
        val cache = cache
        if (cache != null && cache.ownerId == Thread.currentThread().threadId()) {
            cache.giveBack(address, BlockKind.code(kind), size)
        } else {
            home.giveBack(address, BlockKind.code(kind), size)
        }
    }

    private fun end(tenancy: Tenancy) {
        val code = BlockKind.code(kind)
        if (!tenancy.isExact) {
            (home as? BlockCharge)?.run {
                settle()
                tell()
            }
            return tenancy.end(address, code, size)
        }
        try {
            tenancy.cancel()
        } catch (busy: IllegalStateException) {
            count.undoLast()
            throw busy
        }
        home.giveBack(address, code, size)
    }

    /**
     * Makes [budget] pay for the block in place of the manager's own, until it is freed or its charge is moved again. The
     * block stays the manager's; when it is resized and must move, the manager's budget pays for the new one.
     *
     * **Threads.** Any that holds a reference. **Cost.** A lock on the tree of budgets.
     *
     * @throws BlockClosedException when the last reference is gone
     * @throws BudgetExceededException when [budget], or one above it, has no room; nothing has changed
     * @throws BudgetClosedException when [budget] is closed
     * @throws BlockBusyException when another thread is resizing or transferring the block just now
     */
    public fun transferTo(budget: MemoryBudget) {
        enter()
        if (!RESIZING.compareAndSet(this, 0, 1)) {
            leave()
            throw BlockRefusals.busy(this)
        }
        try {
            // A block without bytes costs nobody anything.
            if (engine.isNothing(home)) return
            val moved = BlockCharge.move(engine, home, BlockKind.code(kind), size, budget) ?: refuse("transferred")
            home = moved
            cache = null
            moved.tell()
        } finally {
            endTurn()
            leave()
        }
    }

    /** A view of the bytes that lives as long as [arena]. */
    @JvmSynthetic
    internal fun viewIn(arena: Arena?): MemorySegment =
        if (size == 0L) MemorySegment.ofAddress(address) else Platform.current.view(address, size, arena)

    /**
     * Gives the block [newSize] bytes and keeps its content up to the smaller size.
     *
     * | the block | what happens | the answer |
     * |---|---|---|
     * | its size class has the space, or the pages behind it are free | it grows or shrinks where it lies, for all holders | this block |
     * | it must move, and the caller is the only holder | the bytes move: by copy, or, from a mebibyte on, without one where the system can remap pages (Linux) | a new block; this one is closed |
     * | it must move, and others hold it too | the bytes are copied | a new block; the caller's reference to this one is given back, and the others keep it as it was |
     *
     * Go on with the answer, and with nothing else: `block = block.resize(n)`. Where the answer is a new block, it has one
     * reference, the caller's.
     *
     * **Views** from [segment] keep the size that they were taken with. They live on where the block stays in place, and for
     * those who keep the old block; they are cut off where the bytes moved away, or where a large block's tail goes back.
     * **Threads.** Holders must not resize one block at the same time; the second is refused.
     * **Zeroed.** What is new behind the old content, if [zeroed]; else it is whatever lay there.
     * **Cost.** Nothing to speak of in place; a copy; or, remapped, tens of microseconds for any size.
     *
     * @throws BlockClosedException when the last reference is gone
     * @throws BlockBusyException when another thread is resizing the block just now
     * @throws InvalidSizeException when [newSize] is negative or above the manager's [maxAllocation][MemoryManager.maxAllocation]
     * @throws MemoryExhaustedException when a limit or the system stops it; the block is as it was, but views of a large
     *   one may have been cut off
     * @throws ManagerClosedException when the block must be copied and its manager is closed
     * @throws GuardBytesException when the block has moved, nobody else held it, its manager is checked and the bytes around
     *   it were overwritten; the block is freed, and there is no new one
     * @throws IllegalStateException while a native call or an input/output operation uses a view of a block of a mebibyte
     *   or more that must move; the block is as it was
     * @sample dev.leasehold.memory.samples.growingBuffer
     */
    @JvmOverloads
    public fun resize(newSize: Long, zeroed: Boolean = false): Block = resize(manager as BlockSource, newSize, zeroed)

    /** [resize] where [source] says which sizes there are, and gives the block that takes the place of one that must move. */
    @JvmSynthetic
    internal fun resize(source: BlockSource, newSize: Long, zeroed: Boolean): Block {
        source.requireSize(newSize)
        // Held meanwhile, so that nobody else's last close can free what is being moved.
        if (engine.cleared || !count.tryEnter()) refuse("resized")
        if (!RESIZING.compareAndSet(this, 0, 1)) {
            leave()
            throw BlockRefusals.busy(this)
        }
        return BlockResize(this, engine, count, source).run(newSize, zeroed)
    }

    /** Ends the turn of whoever resizes or transfers this. */
    @JvmSynthetic
    internal fun endTurn() {
        resizing = 0
    }

    /** Whether anybody may have a view from [segment]. */
    @get:JvmSynthetic
    internal val hasViews: Boolean get() = tenancy != null

    /**
     * Cuts the views from [segment] off. For whoever keeps everybody else out.
     *
     * @throws IllegalStateException while a native call or an input/output operation uses one; nothing has changed then
     */
    @JvmSynthetic
    internal fun cutViews() {
        val views = tenancy ?: return
        views.cancel()
        tenancy = null
    }

    /** Zeroes the bytes from [from] to the one before [to]. */
    @JvmSynthetic
    internal fun zero(from: Long, to: Long) {
        if (from < to) Segment.of(viewIn(null)).slice(from, to - from).zero()
    }

    @JvmSynthetic
    internal fun zeroAll() = zero(0, size)

    private fun makeView(): MemorySegment {
        // Held meanwhile, so that the last close sees the tenancy.
        enter()
        try {
            if (size == 0L) return viewIn(null)
            while (true) {
                val seen = tenancy
                if (seen != null && seen.raw.byteSize() == size) return seen.raw
                val fresh = seen?.resized(Platform.current, address, size) ?: newTenancy()
                if (TENANCY.compareAndSet(this, seen, fresh)) return shown(fresh)
                if (seen == null) fresh.cancel()
            }
        } catch (failure: IllegalStateException) {
            // All was taken back just now, and with it the arena that the view was to live in.
            if (engine.cleared) refuse("used")
            throw failure
        } finally {
            leave()
        }
    }

    private fun shown(fresh: Tenancy): MemorySegment {
        // Its arena may have been opened after all of them were closed.
        if (engine.cleared) engine.cutViews()
        return fresh.raw
    }

    private fun newTenancy(): Tenancy {
        val placed = engine.place(engine.cacheOf(Thread.currentThread()), Taken(address, BlockKind.code(kind), home))
        return Tenancy.of(placed, Platform.current, size)
    }

    /** What messages call this. */
    @JvmSynthetic
    internal fun describe(): String = home.describe(address, size)

    private fun refuse(verb: String): Nothing = throw BlockRefusals.closed(this, verb, watch()?.trace, engine.cleared)

    private fun watch(): BlockWatch? = when (val home = home) {
        is BlockWatch -> home
        is BlockCharge -> home.watch
        else -> null
    }

    /** The size, the place, the references and the manager, for logs. */
    override fun toString(): String {
        val state = if (isClosed) "closed" else counted(refCount.toLong(), "reference")
        return "Block($size bytes at ${hex(address)}, $state, manager '${manager.name}')"
    }

    private companion object {
        @JvmField
        val TENANCY: AtomicReferenceFieldUpdater<Block, Tenancy> =
            AtomicReferenceFieldUpdater.newUpdater(Block::class.java, Tenancy::class.java, "tenancy")

        @JvmField
        val RESIZING: AtomicIntegerFieldUpdater<Block> =
            AtomicIntegerFieldUpdater.newUpdater(Block::class.java, "resizing")
    }
}
