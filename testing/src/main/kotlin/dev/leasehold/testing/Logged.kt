package dev.leasehold.testing

import java.util.concurrent.ConcurrentLinkedQueue
import java.util.logging.Handler
import java.util.logging.LogRecord
import java.util.logging.Logger

/**
 * Runs [body] and answers what was logged with [about] in it, which goes nowhere else: a log with a leak report fails the build.
 * What others left behind may be reported meanwhile, and is not what this is about.
 */
public fun logged(about: String = "", body: (ConcurrentLinkedQueue<String>) -> Unit): List<String> {
    val records = ConcurrentLinkedQueue<String>()
    val logger = Logger.getLogger("dev.leasehold.memory")
    val parents = logger.parent.handlers
    val handler = object : Handler() {
        override fun publish(record: LogRecord) {
            if (about in record.message) records.add(record.message) else parents.forEach { it.publish(record) }
        }

        override fun flush() = Unit

        override fun close() = Unit
    }
    val useParents = logger.useParentHandlers
    logger.useParentHandlers = false
    logger.addHandler(handler)
    try {
        body(records)
    } finally {
        logger.removeHandler(handler)
        logger.useParentHandlers = useParents
    }
    return records.toList()
}
