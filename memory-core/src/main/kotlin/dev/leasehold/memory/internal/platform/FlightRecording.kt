package dev.leasehold.memory.internal.platform

import jdk.jfr.FlightRecorder
import jdk.jfr.FlightRecorderListener
import java.lang.ref.WeakReference
import java.util.ServiceLoader
import java.util.concurrent.atomic.AtomicBoolean
import kotlin.time.Duration.Companion.seconds

/**
 * Finds out when the JVM's flight recorder starts, and from then on lets the implementation of [MemoryEvents] hear from
 * [Events] that the library brings with it as a service. Before that nothing of the recorder is loaded but the class
 * that says whether it has started: to load one class of an event costs a JVM that records nothing half a second.
 *
 * A recorder that was started with the JVM is found when the first owner of memory is made. One that starts later says
 * so itself; to ask for that loads classes of the recorder for about ten milliseconds, so it is done in the background,
 * and not in programs that end within a second. Where the module `jdk.jfr` is not there, nothing is done. Any thread.
 */
internal object FlightRecording {
    private val isPossible =
        ModuleLayer.boot().findModule("jdk.jfr").orElse(null)?.let { javaClass.module.canRead(it) } ?: false

    // Held here, and only weakly by the recorder, which would keep the class loader of this library otherwise.
    private val started = Runnable(::expect)

    // No lock: the recorder holds one of its own while it calls, and wants it where this calls.
    private val isExpected = AtomicBoolean()
    private val isFound = AtomicBoolean()

    /** Looks now, and is called when the recorder starts. Called when an owner of memory is made; costs a few reads. */
    fun expect() {
        if (!isPossible || isFound.get()) return
        try {
            if (FlightRecorder.isInitialized()) return find()
            expectStart()
        } catch (failure: Throwable) {
            // Also a JVM that has the module and cannot record. The memory that is being made is not less for that.
            isFound.set(true)
            Log.tryError(failure) { "events of memory cannot be recorded" }
        }
    }

    private fun expectStart() {
        if (isExpected.get() || !isExpected.compareAndSet(false, true)) return
        // The heap may be full; then the next owner is another chance.
        if (!Background.trySchedule(1.seconds) { FlightRecorder.addListener(listener()) }) isExpected.set(false)
    }

    private fun listener(): FlightRecorderListener =
        LoaderFree.allOf(FlightRecorderListener::class.java, WeakReference(started))

    private fun find() {
        if (!isFound.compareAndSet(false, true)) return
        val own = MemoryEvents::class.java
        ServiceLoader.load(own, own.classLoader).findFirst().ifPresent { Events.listener = it }
    }
}
