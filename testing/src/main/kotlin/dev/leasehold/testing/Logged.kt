package dev.leasehold.testing

import java.util.concurrent.ConcurrentLinkedQueue
import java.util.logging.Handler
import java.util.logging.LogRecord
import java.util.logging.Logger

/**
 * Runs [body] and returns what was logged with [about] in it, which goes nowhere else: a log with a leak report fails
 * the build. What others left behind may be reported meanwhile, and is not what this is about.
 */
public fun logged(about: String = "", body: (ConcurrentLinkedQueue<String>) -> Unit): List<String> {
    val messages = ConcurrentLinkedQueue<String>()
    capture(about, { messages.add(it.message) }) { body(messages) }
    return messages.toList()
}

/** [logged], but with all that each record has: the reporting class, the level, and the failure. */
public fun loggedRecords(about: String, body: () -> Unit): List<LogRecord> {
    val records = ConcurrentLinkedQueue<LogRecord>()
    capture(about, { records.add(it.also(LogRecord::getSourceClassName)) }, body)
    return records.toList()
}

private fun capture(about: String, sink: (LogRecord) -> Unit, body: () -> Unit) {
    val logger = Logger.getLogger("dev.leasehold.memory")
    val parents = logger.parent.handlers
    val handler = object : Handler() {
        override fun publish(record: LogRecord) {
            if (about in record.message) sink(record) else parents.forEach { it.publish(record) }
        }

        override fun flush() = Unit

        override fun close() = Unit
    }
    val useParents = logger.useParentHandlers
    logger.useParentHandlers = false
    logger.addHandler(handler)
    try {
        body()
    } finally {
        logger.removeHandler(handler)
        logger.useParentHandlers = useParents
    }
}
