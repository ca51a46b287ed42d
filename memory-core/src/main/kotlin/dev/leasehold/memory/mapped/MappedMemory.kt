package dev.leasehold.memory.mapped

import dev.leasehold.memory.MappedFileAccessException
import dev.leasehold.memory.MappedFileFormatException
import dev.leasehold.memory.MappedFileTruncatedException
import dev.leasehold.memory.internal.mapped.FileLayout
import dev.leasehold.memory.internal.mapped.FileOpening
import dev.leasehold.memory.internal.mapped.Verification
import dev.leasehold.memory.internal.platform.bytes
import dev.leasehold.memory.internal.platform.counted
import dev.leasehold.memory.internal.platform.grouped
import java.nio.file.Path
import kotlin.system.exitProcess

/** What can be seen of a file without opening it as a manager. */
public object MappedMemory {
    /**
     * Looks at every structure of the file [path], and at each against the others, and changes nothing.
     *
     * Of a file with the durability [COMMIT][MappedDurability.COMMIT] that was not opened since the system started only
     * the journal is looked at, as the rest is made from that.
     *
     * Meant for a file that no process has open. What a process that has died left half-done is no fault: the next
     * session puts it in order. In a file that others change meanwhile there may be faults in what is reported, and not
     * in the file.
     *
     * **Cost.** Each word of a block and a span is read: seconds for some gibibytes on a slow disk.
     *
     * @throws MappedFileAccessException when the file is not there, or cannot be read
     * @throws MappedFileFormatException when it is none of this library's
     * @throws MappedFileTruncatedException when it is shorter than it says
     */
    @JvmStatic
    public fun verify(path: Path): MappedReport = FileOpening(path).reading { sessions, header, isUnbuilt ->
        val verification = Verification(sessions.words, sessions.layout)
        if (header.durability == FileLayout.Durability.COMMIT) verification.checkJournal(header.committed)
        // Of the words of one whose system ended only the journal counts.
        if (!isUnbuilt) verification.checkAll()
        MappedReport(path, verification.figures, verification.faults.map { MappedFault(it.offset, it.what) })
    }

    /**
     * What lies where in the file [path] and whose it is; changes nothing. For a look at what a file is full of, and at
     * what processes have left in it.
     *
     * Processes may use the file meanwhile. It is no picture of one moment then: each run is as it was when it was
     * looked at.
     *
     * **Cost.** As [verify].
     *
     * @throws MappedFileAccessException when the file is not there, or cannot be read
     * @throws MappedFileFormatException when it is none of this library's
     * @throws MappedFileTruncatedException when it is shorter than it says, or becomes shorter meanwhile
     */
    @JvmStatic
    public fun map(path: Path): MappedMap = FileOpening(path).reading { sessions, _, _ -> MappedMap.of(path, sessions) }

    /**
     * [verify] as a command: `java -cp … dev.leasehold.memory.mapped.MappedMemory <file>…` prints a report for each
     * file and exits with 1 if there is a fault in one.
     */
    @JvmStatic
    public fun main(args: Array<String>) {
        if (args.isEmpty()) {
            println("usage: MappedMemory <file>...   looks at each file, and changes nothing")
            exitProcess(2)
        }
        val reports = args.map { verify(Path.of(it)) }
        reports.forEach(::println)
        if (reports.any { !it.isClean }) exitProcess(1)
    }
}

/**
 * Something in a file that contradicts the rest.
 *
 * @property offset where it is, in bytes from the start of the file
 * @property what what is wrong with it
 */
public class MappedFault internal constructor(public val offset: Long, public val what: String) {
    /** `at 8192: the file says that it has 9 spans, and can have 8`. */
    override fun toString(): String = "at ${grouped(offset)}: $what"
}

/**
 * What [MappedMemory.verify] has found in a file.
 *
 * @property path the file
 * @property faults what contradicts the rest
 */
public class MappedReport internal constructor(
    public val path: Path,
    figures: Verification.Figures,
    public val faults: List<MappedFault>,
) {
    /** How many bytes the file has for blocks. */
    public val size: Long = figures.spans * Verification.SPAN

    /** How many blocks links lead to. */
    public val blocks: Long = figures.linked

    /** How many bytes those have. */
    public val blockBytes: Long = figures.linkedBytes

    /** How many roots there are. */
    public val roots: Int = figures.roots

    /** How many sessions are entered: of processes that have the file open, or have died and were not put in order. */
    public val sessions: Int = figures.sessions

    /** Whether there is no fault. */
    public val isClean: Boolean get() = faults.isEmpty()

    /** The figures, and each fault in a line of its own. */
    override fun toString(): String {
        val inside = "${bytes(size)} for blocks, ${counted(blocks, "linked block")} of ${bytes(blockBytes)}, " +
            "${counted(roots.toLong(), "root")}, ${counted(sessions.toLong(), "session")}"
        val end = if (isClean) "no fault" else faults.joinToString("\n", "${counted(faults.size.toLong(), "fault")}:\n")
        return "$path: $inside; $end"
    }
}
