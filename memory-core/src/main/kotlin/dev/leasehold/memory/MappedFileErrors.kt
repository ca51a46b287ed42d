@file:JvmSynthetic

package dev.leasehold.memory

import java.nio.file.Path

/**
 * What all exceptions about the file of a mapped manager are.
 */
public abstract class MappedFileException internal constructor(
    message: String,
    path: Path,
    cause: Throwable? = null,
) : MemoryException(message, cause) {
    // A path cannot be serialized, and exceptions are.
    private val location = path.toString()

    /** The file. */
    public val path: Path get() = Path.of(location)
}

/**
 * The file cannot be made, opened or deleted: it is not there, is there already, may not be read or written, or the
 * disk refused. Nothing was changed.
 */
public class MappedFileAccessException internal constructor(message: String, path: Path, cause: Throwable? = null) :
    MappedFileException(message, path, cause)

/**
 * The file is none of this library's, or of a newer version, or was made for another machine. Nothing was changed.
 */
public class MappedFileFormatException internal constructor(message: String, path: Path) :
    MappedFileException(message, path)

/**
 * What is in the file contradicts itself. Nothing was changed.
 *
 * @property offset where the first contradiction is, in bytes from the start of the file
 */
public class MappedFileDamagedException internal constructor(message: String, path: Path, public val offset: Long) :
    MappedFileException(message, path)

/**
 * The file is shorter than it says. If that is found while it is open, then someone has cut it off, and what was read
 * from it just before may be wrong: the manager refuses everything from then on, and changes nothing.
 *
 * @property expected how many bytes the file must have
 * @property actual how many it has
 */
public class MappedFileTruncatedException internal constructor(
    path: Path,
    public val expected: Long,
    public val actual: Long,
    cause: Throwable? = null,
) : MappedFileException(
    "the file $path has $actual bytes and must have $expected: someone has cut it off. Restore it from a copy",
    path,
    cause,
)

/** As many sessions as the file can have are open, in this or other processes. Nothing was changed. */
public class MappedFileSessionsException internal constructor(
    message: String,
    path: Path,
    /** How many sessions the file can have. */
    public val limit: Int,
) : MappedFileException(message, path)

/** The manager was opened to read only. Nothing was changed. */
public class MappedFileReadOnlyException internal constructor(path: Path) :
    MappedFileException("the file $path was opened to be read only: open it with MappedMemoryManager.open", path)

/**
 * A table of the file is full: of roots, of what a session holds, or of the links to one block, or a transaction
 * changes too much. Nothing was changed.
 *
 * @property limit how many entries the table has
 */
public class MappedFileLimitException internal constructor(message: String, path: Path, public val limit: Int) :
    MappedFileException(message, path)

/** A reference was used that leads to no linked block, or not any more. Nothing was changed. */
public class MappedReferenceException internal constructor(message: String, path: Path) :
    MappedFileException(message, path)

/**
 * The file has no room for a block: it has reached its largest size, or the disk refused to make it longer. Nothing was
 * taken.
 */
public class MappedFileFullException internal constructor(
    message: String,
    ownerName: String,
    requested: Long,
    path: Path,
) : MemoryExhaustedException(message, ownerName, requested) {
    private val location = path.toString()

    /** The file. */
    public val path: Path get() = Path.of(location)
}
