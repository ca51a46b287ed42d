package dev.leasehold.memory.support

import java.util.logging.Level
import java.util.logging.Logger

/** Runs [action] [times] times without the log of what the system refused, where refusals are the point. */
internal fun quietly(times: Int, action: (round: Int) -> Unit) {
    val logger = Logger.getLogger("dev.leasehold.memory")
    val before = logger.level
    logger.level = Level.OFF
    try {
        repeat(times, action)
    } finally {
        logger.level = before
    }
}
