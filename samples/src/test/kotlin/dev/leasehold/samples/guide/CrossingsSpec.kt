package dev.leasehold.samples.guide

import com.fasterxml.jackson.core.JsonFactory
import com.github.luben.zstd.Zstd
import com.sun.net.httpserver.HttpServer
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.asInputStream
import dev.leasehold.memory.asOutputStream
import dev.leasehold.memory.getUtf8
import dev.leasehold.memory.rent
import dev.leasehold.memory.rentShared
import dev.leasehold.memory.setUtf8
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.longs.shouldBeLessThan
import io.kotest.matchers.shouldBe
import net.jpountz.lz4.LZ4Factory
import java.net.InetAddress
import java.net.InetSocketAddress
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpRequest.BodyPublishers
import java.net.http.HttpResponse.BodyHandlers
import java.nio.channels.FileChannel
import java.nio.channels.ServerSocketChannel
import java.nio.channels.SocketChannel
import java.nio.file.Files
import java.nio.file.StandardOpenOption.READ
import java.nio.file.StandardOpenOption.WRITE
import java.sql.DriverManager
import kotlin.concurrent.thread

/** Leases in the hands of libraries that know nothing of them: what docs/bridges.md says of plain crossings. */
class CrossingsSpec : FunSpec({
    val text = "Leased bytes travel well. ".repeat(4_000)
    val size = text.length.toLong()

    fun withPool(action: (MemoryPool) -> Unit) = MemoryPool.isolated("crossings").use { pool ->
        action(pool)
        pool.stats().used shouldBe 0
    }

    test("files and sockets take a lease's buffer") {
        withPool { pool ->
            val file = Files.createTempFile("crossing", null)
            val server = ServerSocketChannel.open().bind(InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            pool.rent(size).use { lease ->
                lease.segment.setUtf8(0, text)
                FileChannel.open(file, WRITE).use { channel ->
                    val bytes = lease.asByteBuffer()
                    while (bytes.hasRemaining()) channel.write(bytes)
                }
            }
            val sender = thread {
                SocketChannel.open(server.localAddress).use { socket ->
                    FileChannel.open(file, READ).use { it.transferTo(0, size, socket) }
                }
            }
            pool.rent(size).use { lease ->
                val bytes = lease.asByteBuffer()
                server.accept().use { socket -> while (bytes.hasRemaining() && socket.read(bytes) >= 0) Unit }
                lease.segment.getUtf8() shouldBe text
            }
            sender.join()
            server.close()
            Files.delete(file)
        }
    }

    test("the JDK's HTTP client sends a lease and fills one") {
        val server = HttpServer.create(InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0)
        server.createContext("/") { exchange ->
            val body = exchange.requestBody.readAllBytes()
            exchange.sendResponseHeaders(200, body.size.toLong())
            exchange.responseBody.use { it.write(body) }
        }
        server.start()
        val uri = URI("http://${server.address.hostString}:${server.address.port}/")
        withPool { pool ->
            HttpClient.newHttpClient().use { client ->
                // The client reads on threads of its own, so a shared lease is what it takes.
                pool.rentShared(size).use { lease ->
                    lease.withSegment { it.setUtf8(0, text) }
                    val bytes = BodyPublishers.ofInputStream { lease.keptSegment.asInputStream() }
                    val body = BodyPublishers.fromPublisher(bytes, lease.size)
                    val response = client.send(
                        HttpRequest.newBuilder(uri).POST(body).build(),
                        BodyHandlers.ofInputStream(),
                    )
                    pool.rent(size).use { answer ->
                        response.body().use { it.transferTo(answer.segment.asOutputStream()) } shouldBe size
                        answer.segment.getUtf8() shouldBe text
                    }
                }
            }
        }
        server.stop(0)
    }

    test("a database's driver reads a column from a lease, and its stream goes into one") {
        withPool { pool ->
            DriverManager.getConnection("jdbc:h2:mem:crossings").use { database ->
                database.createStatement().use { it.execute("create table texts(content blob)") }
                pool.rent(size).use { lease ->
                    lease.segment.setUtf8(0, text)
                    database.prepareStatement("insert into texts values (?)").use { insert ->
                        insert.setBinaryStream(1, lease.segment.asInputStream(), size)
                        insert.executeUpdate() shouldBe 1
                    }
                }
                pool.rent(size).use { lease ->
                    database.createStatement().use { select ->
                        select.executeQuery("select content from texts").use { rows ->
                            rows.next()
                            rows.getBinaryStream(1).use { it.transferTo(lease.segment.asOutputStream()) }
                        }
                    }
                    lease.segment.getUtf8() shouldBe text
                }
            }
        }
    }

    test("a parser of JSON reads a lease") {
        withPool { pool ->
            val json = """{"name": "Kardal", "sizes": [1, 2, 39]}"""
            pool.rent(json.length.toLong()).use { lease ->
                lease.segment.setUtf8(0, json)
                var sum = 0
                JsonFactory().createParser(lease.segment.asInputStream()).use { parser ->
                    while (parser.nextToken() != null) if (parser.currentToken().isNumeric) sum += parser.intValue
                }
                sum shouldBe 42
            }
        }
    }

    test("Zstandard and LZ4 work from lease to lease, by their buffers") {
        withPool { pool ->
            pool.rent(size).use { plain ->
                plain.segment.setUtf8(0, text)
                pool.rent(Zstd.compressBound(size)).use { packed ->
                    val from = plain.asByteBuffer()
                    val length = Zstd.compress(packed.asByteBuffer(), from, 3).toLong()
                    length shouldBeLessThan size / 10
                    pool.rent(size).use { back ->
                        Zstd.decompress(back.asByteBuffer(), packed.segment.slice(0, length).asByteBuffer()) shouldBe
                            size
                        back.segment.getUtf8() shouldBe text
                    }
                }
                val lz4 = LZ4Factory.fastestInstance()
                val compressor = lz4.fastCompressor()
                pool.rent(compressor.maxCompressedLength(text.length).toLong()).use { packed ->
                    val target = packed.asByteBuffer()
                    compressor.compress(plain.asByteBuffer(), target)
                    pool.rent(size).use { back ->
                        lz4.safeDecompressor().decompress(target.flip(), back.asByteBuffer())
                        back.segment.getUtf8() shouldBe text
                    }
                }
            }
        }
    }
})
