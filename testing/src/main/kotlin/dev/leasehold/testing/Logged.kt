package dev.leasehold.testing

import java.util.concurrent.ConcurrentLinkedQueue
import java.util.logging.Handler
import java.util.logging.LogRecord
import java.util.logging.Logger

/** Runs [body] and answers what was logged, which goes nowhere else: a log with a leak report fails the build. */
public fun logged(body: (ConcurrentLinkedQueue<String>) -> Unit): List<String> {
    val records = ConcurrentLinkedQueue<String>()
    val logger = Logger.getLogger("dev.leasehold.memory")
    val handler = object : Handler() {
        override fun publish(record: LogRecord) {
            records.add(record.message)
        }

        override fun flush() = Unit

        override fun close() = Unit
    }
    val parents = logger.useParentHandlers
    logger.useParentHandlers = false
    logger.addHandler(handler)
    try {
        body(records)
    } finally {
        logger.removeHandler(handler)
        logger.useParentHandlers = parents
    }
    return records.toList()
}
