package dev.leasehold.memory.internal.block

/**
 * The name that code of a program gives to what it takes, for reports.
 *
 * A block of code binds it for its thread. What goes on elsewhere, as a coroutine does, carries it along and lays it on
 * each thread that runs it. The inner of two counts: what was laid on counts as long as no block inside of it has bound
 * another.
 */
internal object Tag {
    private class Bound(val name: String)

    /** What lies on a thread, where [under] was bound at that time. */
    private class Carried(val name: String, val under: Bound?)

    private val bound: ScopedValue<Bound> = ScopedValue.newInstance()
    private val carried = ThreadLocal<Carried?>()

    private val boundNow: Bound? get() = if (bound.isBound) bound.get() else null

    /** The calling code's; null where it has none. */
    val current: String?
        get() {
            val bound = boundNow
            val carried = carried.get()
            return if (carried != null && carried.under === bound) carried.name else bound?.name
        }

    /** Runs [action] with [tag]. */
    fun <R> with(tag: String, action: () -> R): R =
        ScopedValue.where(bound, Bound(tag)).call<R, RuntimeException> { action() }

    /** Lays [tag] on the calling thread; returns what [takeOff] needs. */
    fun layOn(tag: String): Any? = carried.get().also { carried.set(Carried(tag, boundNow)) }

    /** Takes off what [layOn] has laid on, which has returned [before]. */
    fun takeOff(before: Any?): Unit = if (before == null) carried.remove() else carried.set(before as Carried)
}
