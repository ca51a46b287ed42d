package dev.leasehold.samples;

import dev.leasehold.memory.Memory;
import dev.leasehold.memory.MemoryPool;
import dev.leasehold.samples.service.MeasurementService;
import dev.leasehold.samples.service.ServiceMemory;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * A client of the measurement service in plain Java: leases from a pool, {@link MemorySegment} for everything in them.
 *
 * <pre>
 *   JavaClient              starts a service in this process and talks to that
 *   JavaClient PORT [ROWS]  talks to a service that runs already
 * </pre>
 */
public final class JavaClient {
    private static final List<String> STATIONS = List.of("Ørhavn", "Kardal", "São Velum", "Čestva", "青嶺町");
    private static final int BUFFER_SIZE = 64 * 1024;
    private static final int LONGEST_LINE = 107;
    private static final int DEFAULT_ROWS = 100_000;

    private final MemoryPool pool;

    /** A client that rents from {@code pool}, which stays the caller's. */
    public JavaClient(MemoryPool pool) {
        this.pool = pool;
    }

    public static void main(String[] args) throws IOException {
        try (var pool = MemoryPool.isolated("java-client")) {
            var client = new JavaClient(pool);
            if (args.length == 0) {
                try (var memory = new ServiceMemory(8 << 20); var service = MeasurementService.start(memory)) {
                    System.out.println(client.send(service.getPort(), DEFAULT_ROWS));
                }
            } else {
                var rows = args.length > 1 ? Integer.parseInt(args[1]) : DEFAULT_ROWS;
                System.out.println(client.send(Integer.parseInt(args[0]), rows));
            }
            System.out.println(pool.stats());
        }
    }

    /**
     * Streams {@code rows} lines to the service on {@code port} of this machine.
     *
     * @return the service's answer, without its line feed
     * @throws IOException when the service goes away
     */
    public String send(int port, int rows) throws IOException {
        var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
        try (var channel = SocketChannel.open(address); var lease = Memory.rent(pool, BUFFER_SIZE)) {
            sendRows(channel, lease.asMemorySegment(), rows);
            channel.shutdownOutput();
            return readAnswer(channel, lease.asMemorySegment());
        }
    }

    private static void sendRows(SocketChannel channel, MemorySegment buffer, int rows) throws IOException {
        long length = 0;
        for (var row = 0; row < rows; row++) {
            if (length + LONGEST_LINE > buffer.byteSize()) {
                sendAll(channel, buffer.asSlice(0, length).asByteBuffer());
                length = 0;
            }
            length += writeLine(buffer.asSlice(length), row);
        }
        sendAll(channel, buffer.asSlice(0, length).asByteBuffer());
    }

    /** Writes the line of {@code row} at the start of {@code target} and returns its length in bytes. */
    private static long writeLine(MemorySegment target, int row) {
        var tenths = row * 37L % 1999 - 999;
        var sign = tenths < 0 ? "-" : "";
        var size = Math.abs(tenths);
        var line = STATIONS.get(row % STATIONS.size()) + ";" + sign + size / 10 + "." + size % 10 + "\n";
        var bytes = line.getBytes(StandardCharsets.UTF_8);
        MemorySegment.copy(bytes, 0, target, ValueLayout.JAVA_BYTE, 0, bytes.length);
        return bytes.length;
    }

    private static void sendAll(SocketChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    /** Reads up to the end of the stream. The answer to a few stations fits into the buffer that the rows came from. */
    private static String readAnswer(SocketChannel channel, MemorySegment buffer) throws IOException {
        var bytes = buffer.asByteBuffer();
        while (bytes.hasRemaining() && channel.read(bytes) >= 0) {
            // A read may bring any number of bytes: go on until there are no more.
        }
        var answer = buffer.asSlice(0, bytes.position()).toArray(ValueLayout.JAVA_BYTE);
        return new String(answer, StandardCharsets.UTF_8).stripTrailing();
    }
}
