package dev.leasehold.memory

/** A write to a read-only segment. Nothing was written. */
public class ReadOnlySegmentException internal constructor(message: String, cause: Throwable? = null) :
    UnsupportedOperationException(message, cause)

/**
 * A segment whose size does not suit what was asked of it: it holds no whole number of elements, or more than one
 * array, string or byte buffer can. Nothing was read or written.
 *
 * @property size the segment's size, in bytes
 */
public class SegmentSizeException internal constructor(message: String, public val size: Long) :
    IllegalArgumentException(message)

/**
 * Text that cannot be read from, or written as, UTF-8: malformed bytes, a lone surrogate, a missing or a forbidden
 * NUL. Nothing was written.
 *
 * @property position where the fault lies: a byte offset into the segment when reading, a char index into the text when
 *   writing
 */
public class MalformedTextException internal constructor(message: String, public val position: Long) :
    IllegalArgumentException(message)

/**
 * The writer of a [SegmentRewriter] was about to overwrite bytes that its reader had not fetched yet. Nothing was
 * written.
 *
 * @property length how many bytes were to be written
 * @property room how many bytes lie between the writer and the reader
 */
public class RewriteOvertakeException internal constructor(
    message: String,
    public val length: Long,
    public val room: Long,
) : IllegalStateException(message)
