package dev.leasehold.memory.internal.block

import dev.leasehold.memory.internal.budget.Charge
import dev.leasehold.memory.internal.platform.StackRoom

/**
 * What only some leases and blocks have: a trace of the places where they were taken and closed, a budget that pays in
 * place of their pool's or manager's own, an owner that closes them.
 *
 * @param listens whether [ended] does anything besides the trace
 * @property movesAlways whether what it comes with must move when it is given another size
 */
internal open class Attachment(private val listens: Boolean = false, val movesAlways: Boolean = false) {
    /** Where it was taken and closed, when it is watched. */
    @JvmField var trace: Trace? = null

    /** What another budget pays for it, while one does. */
    @Volatile
    var charge: Charge? = null
        set(value) {
            field = value
            isTraceAlone = !listens && value == null && !movesAlways
        }

    /** Whether its memory went back by [giveBack]. */
    var isBack: Boolean = false
        private set

    /** Whether the lease's end must be noted: most scopes find out by themselves. */
    val endMatters: Boolean get() = listens || trace != null || charge != null

    /** Whether nothing but its trace has to be seen to when it ends. A field: a call would cost also what has none. */
    @JvmField var isTraceAlone: Boolean = !listens && !movesAlways

    /** What leak reports call its renter behind the thread: a coroutine and its job. */
    open val renter: String? get() = null

    /** Where it was asked for, if that is known: else where it came. */
    open val site: Site? get() = null

    /** Its owner in words, for messages; null when only its holder closes it. */
    open fun describeOwner(): String? = null

    /** How many bytes of its memory lie before the bytes that its holder may use. */
    open val front: Long get() = 0

    /** How many bytes of memory [size] bytes take. */
    open fun around(size: Long): Long = size

    /**
     * The last step of the making of what it comes with, which has a trace: watches it as long as anything refers to
     * this, and gives [memory] back when it was lost. What keeps books on it has to say when it ends, and what another
     * budget pays for may have the view of the lease before it: so these stay out. Not by a call on the lease, which
     * the compiler could then not keep in registers.
     */
    fun watch(memory: LostMemory?) {
        trace?.watch(this, if (listens || charge != null) null else memory)
    }

    /**
     * Ends what it comes with: a lease, of the [size] bytes at [address], which go back to [source]. A lease that could
     * not end calls again, unless its memory [is back][isBack]. Not by a call on the lease, for the same reason.
     */
    fun giveBack(source: BlockSource, address: Long, code: Int, size: Long) {
        if (trace != null) StackRoom.require(CALLS_TO_END)
        try {
            charge?.also { charge = null }?.end()
        } finally {
            if (trace?.isKept(address, code, size) != true) source.giveBack(address, code, size)
            isBack = true
            ended()
        }
    }

    /**
     * Called once, before the memory of the [size] bytes at [address] goes back, and when no view reaches them.
     *
     * @return what is to be thrown when it has gone back, if anything
     */
    open fun freeing(address: Long, size: Long): RuntimeException? = null

    /** Called once, when it has ended and its memory has gone back, or when its memory was taken back by a clear. */
    open fun ended() {
        trace?.ended()
    }

    /** [ended] for what was never made, also where there is no stack or heap: at the worst it is reported as lost. */
    fun endQuietly() {
        try {
            ended()
        } catch (_: VirtualMachineError) {
            return
        }
    }

    private companion object {
        const val CALLS_TO_END = 64
    }
}
