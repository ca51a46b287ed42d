package dev.leasehold.samples.service

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.rent
import java.nio.channels.FileChannel
import java.nio.file.Files
import java.nio.file.Path
import java.nio.file.StandardCopyOption.REPLACE_EXISTING

/** Makes what the command line asks for. */
internal object Workloads {
    /** The file that comes with the program: 5,000 lines of the generator, and the answer to them. */
    const val BUNDLED: String = "measurements-small.txt"
    const val BUNDLED_ANSWER: String = "measurements-small.answer.txt"

    /** The workload of [arguments]; [pool] lends the memory to look through a file. */
    fun of(arguments: Arguments, pool: MemoryPool): Workload = when {
        arguments.input != null -> ofFile(arguments.input, arguments, pool)
        arguments.bundled -> ofFile(bundled(), arguments, pool)
        else -> generated(arguments, arguments.rows, arguments.seed)
    }

    /**
     * Lines of the generator before a run of [rows], from another seed than that of [of], so that nothing has been seen
     * before. Many clients send them, because much of the code runs once a connection: tables grow, answers are
     * written.
     */
    fun warmUp(arguments: Arguments, rows: Long): Workload =
        generated(arguments.copy(clients = WARM_UP_CLIENTS), minOf(rows * 10, WARM_UP_ROWS), arguments.seed.inv())

    private fun generated(arguments: Arguments, rows: Long, seed: Long) =
        GeneratedRows(rows, arguments.clients, seed, StationNames.make(arguments.stations))

    private fun ofFile(file: Path, arguments: Arguments, pool: MemoryPool): Workload = FileChannel.open(file).use {
        FileRows(file, arguments.clients, arguments.repeat, FilePart.cut(it, arguments.clients, pool))
    }

    /** The bundled file, taken out of the jar. */
    private fun bundled(): Path {
        val file = Files.createTempDirectory("leasehold-").resolve(BUNDLED)
        file.toFile().deleteOnExit()
        file.parent.toFile().deleteOnExit()
        checkNotNull(Workloads::class.java.getResourceAsStream(BUNDLED)) { "the program lacks its $BUNDLED" }.use {
            val _ = Files.copy(it, file, REPLACE_EXISTING)
        }
        return file
    }

    /** Writes all lines of [workload] to [file]. */
    fun write(workload: Workload, file: Path, pool: MemoryPool): Unit = Files.newByteChannel(file, OPEN).use { out ->
        pool.rent(LeasedConversation.BUFFER_SIZE).use { buffer ->
            for (client in 0 until workload.clients) {
                workload.open(client, pool).use { source ->
                    while (true) {
                        val bytes = buffer.asByteBuffer().limit(source.fill(buffer.segment).toInt())
                        if (!bytes.hasRemaining()) break
                        while (bytes.hasRemaining()) {
                            val _ = out.write(bytes)
                        }
                    }
                }
            }
        }
    }

    private const val WARM_UP_CLIENTS = 64
    private const val WARM_UP_ROWS = 5_000_000L
    private val OPEN = setOf(
        java.nio.file.StandardOpenOption.CREATE,
        java.nio.file.StandardOpenOption.WRITE,
        java.nio.file.StandardOpenOption.TRUNCATE_EXISTING,
    )
}
