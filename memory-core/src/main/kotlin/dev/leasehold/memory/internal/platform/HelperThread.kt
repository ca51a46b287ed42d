package dev.leasehold.memory.internal.platform

/**
 * The threads that this library starts, by their names in a thread dump. [Background] says what each is for, and so
 * does the guide, for operators.
 *
 * A helper thread often lives longer than the application that made it start. So it inherits nothing that would keep
 * that application in memory: no context class loader, no inheritable thread locals, no thread group.
 */
internal enum class HelperThread(val threadName: String) {
    BACKGROUND("leasehold-background"),
    CLEANER("leasehold-cleaner"),
    NOTIFY("leasehold-notify"),
    FUTURE("leasehold-future"),
    LEFT_BEHIND("leasehold-left-behind"),
    REPORT("leasehold-report"),
    ;

    /** A daemon thread of the system for [task], not started yet. */
    fun platform(task: Runnable): Thread = Thread.ofPlatform().name(threadName).daemon().group(rootGroup())
        .inheritInheritableThreadLocals(false).unstarted(task)

    /** A virtual thread for [task], not started yet. */
    fun virtual(task: Runnable): Thread =
        Thread.ofVirtual().name(threadName).inheritInheritableThreadLocals(false).unstarted(task)

    /** Whether the calling thread is one of these. */
    val isCurrent: Boolean get() = Thread.currentThread().name == threadName

    private fun rootGroup() = generateSequence(Thread.currentThread().threadGroup, ThreadGroup::getParent).last()

    companion object {
        /** The thread that is called [threadName]. */
        fun named(threadName: String): HelperThread = requireNotNull(entries.find { it.threadName == threadName }) {
            "no thread of this library is called $threadName: add it to HelperThread and to the guide"
        }
    }
}
