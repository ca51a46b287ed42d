package dev.leasehold.samples.service

import com.sun.management.GarbageCollectionNotificationInfo
import com.sun.management.GarbageCollectionNotificationInfo.GARBAGE_COLLECTION_NOTIFICATION
import java.lang.management.GarbageCollectorMXBean
import java.lang.management.ManagementFactory
import javax.management.Notification
import javax.management.NotificationEmitter
import javax.management.NotificationListener
import javax.management.openmbean.CompositeData

/**
 * Counts collections and remembers the longest pause, from the collectors' own notifications. They come late, on a
 * thread of the JVM, so each figure waits until as many have come as the collectors have counted.
 */
internal class GcWatch : AutoCloseable {
    private val collectors: List<GarbageCollectorMXBean> =
        ManagementFactory.getGarbageCollectorMXBeans().filter { it is NotificationEmitter && it.pauses() }
    private val listener = NotificationListener { notification, _ -> take(notification) }
    private val offset: Long
    private var seen = 0L
    private var longest = 0L

    init {
        collectors.forEach { (it as NotificationEmitter).addNotificationListener(listener, null, null) }
        offset = counted()
    }

    /** Cleans up the heap, and forgets what was before. */
    fun reset() {
        System.gc()
        await()
        synchronized(this) { longest = 0 }
    }

    /** How many collections there have been since the watch began. */
    fun collections(): Long {
        await()
        return synchronized(this) { seen }
    }

    /** The longest pause since [reset], in milliseconds: the collectors tell no finer. */
    fun longestMillis(): Long {
        await()
        return synchronized(this) { longest }
    }

    override fun close(): Unit = collectors.forEach { (it as NotificationEmitter).removeNotificationListener(listener) }

    private fun take(notification: Notification) {
        if (notification.type != GARBAGE_COLLECTION_NOTIFICATION) return
        val info = GarbageCollectionNotificationInfo.from(notification.userData as CompositeData)
        synchronized(this) {
            seen++
            if (info.gcInfo.duration > longest) longest = info.gcInfo.duration
        }
    }

    private fun counted(): Long = collectors.sumOf { it.collectionCount }

    private fun await() {
        val deadline = System.nanoTime() + PATIENCE_NANOS
        while (synchronized(this) { seen } < counted() - offset && System.nanoTime() < deadline) Thread.sleep(1)
    }

    /** A concurrent collector's cycles are no pauses, and it has another bean for its pauses. */
    private fun GarbageCollectorMXBean.pauses(): Boolean = !name.endsWith("Cycles")

    private companion object {
        const val PATIENCE_NANOS = 2_000_000_000L
    }
}
