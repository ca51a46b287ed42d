package dev.leasehold.memory.support

import jdk.jfr.Recording
import jdk.jfr.consumer.RecordedEvent
import jdk.jfr.consumer.RecordingFile
import java.nio.file.Files

/** The library's own events, of the last part of their name, that [action] made, of those that [settings] turn on. */
internal fun recorded(settings: Map<String, String>, action: () -> Unit): Recorded {
    val file = Files.createTempFile("recorded", ".jfr")
    try {
        Recording(settings).use {
            it.start()
            action()
            it.stop()
            it.dump(file)
        }
        val own = RecordingFile.readAllEvents(file).filter { it.eventType.name.startsWith(Recorded.PREFIX) }
        return Recorded(own.groupBy { it.eventType.name.removePrefix(Recorded.PREFIX) })
    } finally {
        Files.delete(file)
    }
}

/** What a recording has of the library, by the kind. */
internal class Recorded(val byKind: Map<String, List<RecordedEvent>>) {
    /** The events of [kind] whose [field] is [value]. */
    fun of(kind: String, field: String, value: String): List<RecordedEvent> =
        byKind[kind].orEmpty().filter { it.getString(field) == value }

    internal companion object {
        const val PREFIX: String = "dev.leasehold."
    }
}
