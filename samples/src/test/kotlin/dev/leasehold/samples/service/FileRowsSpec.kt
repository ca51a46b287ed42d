package dev.leasehold.samples.service

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.rent
import dev.leasehold.memory.toByteArray
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempfile
import io.kotest.matchers.shouldBe
import java.io.File
import java.nio.channels.FileChannel

class FileRowsSpec : FunSpec({
    val file = tempfile()

    test("the parts of a file are whole lines and together the file, whatever the number of clients") {
        file.writeText(List(50) { "station $it;${it - 20}.0\n" }.joinToString(""))
        for (clients in 1..60) {
            val sent = sendAll(file, clients)
            sent.joinToString("") shouldBe file.readText()
            sent.forEach { part -> (part.isEmpty() || part.endsWith('\n')) shouldBe true }
        }
    }

    test("a last line without a line feed is sent with one") {
        file.writeText("a;1.0\nb;2.0")
        for (clients in 1..5) sendAll(file, clients).joinToString("") shouldBe "a;1.0\nb;2.0\n"
        sendAll(file, clients = 1, repeat = 2).single() shouldBe "a;1.0\nb;2.0\n".repeat(2)
    }

    test("an empty file is sent as nothing") {
        file.writeText("")
        sendAll(file, clients = 3, repeat = 2).joinToString("") shouldBe ""
    }

    test("lines are counted, and a line of a part is found in the file") {
        file.writeText(List(1000) { "s;$it.0\n" }.joinToString(""))
        val rows = open(file, clients = 4, repeat = 3)
        rows.rows shouldBe 3000
        rows.place(0, 1) shouldBe "line 1 of $file"
        val first = sendAll(file, clients = 4)[0].count { it == '\n' }
        rows.place(1, 5) shouldBe "line ${first + 5} of $file"
    }
})

private fun open(file: File, clients: Int, repeat: Int = 1): FileRows = MemoryPool.isolated("file").use { pool ->
    FileChannel.open(file.toPath()).use { FileRows(file.toPath(), clients, repeat, FilePart.cut(it, clients, pool)) }
}

/** What each client sends, read into a buffer smaller than the file. */
private fun sendAll(file: File, clients: Int, repeat: Int = 1): List<String> = MemoryPool.isolated("file").use { pool ->
    val workload = open(file, clients, repeat)
    pool.rent(100).use { buffer ->
        List(clients) { client ->
            workload.open(client, pool).use { source ->
                generateSequence { source.fill(buffer.segment).takeIf { it > 0 } }
                    .joinToString("") { buffer.segment.slice(0, it).toByteArray().decodeToString() }
            }
        }
    }
}
