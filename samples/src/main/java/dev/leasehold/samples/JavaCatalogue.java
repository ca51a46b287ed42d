package dev.leasehold.samples;

import dev.leasehold.memory.mapped.MappedCodec;
import dev.leasehold.memory.mapped.MappedDictionary;
import dev.leasehold.memory.mapped.MappedMemory;
import dev.leasehold.memory.mapped.MappedMemoryManager;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A catalogue in a file, from plain Java: titles, and how many copies there are of each. Another process changes it as
 * well, and is killed in the middle.
 *
 * <pre>
 *   JavaCatalogue              uses a file that goes when it ends
 *   JavaCatalogue FILE         uses that file, which stays
 *   JavaCatalogue FILE clerk   is the other process: a copy more, again and again, until it is killed
 * </pre>
 */
public final class JavaCatalogue implements AutoCloseable {
    private static final String TITLE = "The Quiet Harbour of Kardal";
    private static final List<String> OTHERS = List.of("The Amber Clock of Tarn", "The Last Winter of Ørhavn");
    private static final int ENOUGH = 1000;

    private final MappedMemoryManager manager;
    private final MappedDictionary<String, Long> copies;

    /** Opens the catalogue in {@code file}, or makes it. */
    public JavaCatalogue(Path file) {
        manager = MappedMemoryManager.openOrCreate(file, options -> options.setMaxSize(256L << 20));
        copies = MappedDictionary.open(manager, "copies", MappedCodec.STRING, MappedCodec.LONG);
    }

    public static void main(String[] args) throws IOException, InterruptedException {
        if (args.length > 1) {
            try (var catalogue = new JavaCatalogue(Path.of(args[0]))) {
                catalogue.addUntilKilled(System.out);
            }
        } else if (args.length == 1) {
            run(Path.of(args[0]), System.out);
        } else {
            var folder = Files.createTempDirectory("catalogue");
            var file = folder.resolve("catalogue");
            run(file, System.out);
            MappedMemoryManager.delete(file);
            Files.delete(folder);
        }
    }

    /**
     * Adds some titles, has another process add copies until it is killed, and looks at what is in {@code file}.
     *
     * @return how many copies there are more than the other process had acknowledged: 0 or 1
     * @throws IOException when the other process does not start
     * @throws IllegalStateException when copies are lost, or the file has a fault
     */
    public static long run(Path file, PrintStream out) throws IOException, InterruptedException {
        long more;
        try (var catalogue = new JavaCatalogue(file)) {
            OTHERS.forEach(title -> catalogue.copies.getOrPut(title, () -> 3L));
            var before = catalogue.copiesOf(TITLE);
            var acknowledged = addAndBeKilled(file);
            var after = catalogue.copiesOf(TITLE);
            out.println(TITLE + ": " + before + " copies, " + acknowledged + " more acknowledged, now " + after);
            catalogue.copies.forEach((title, number) -> out.println("  " + number + " × " + title));
            more = after - before - acknowledged;
        }
        var report = MappedMemory.verify(file);
        out.println(report);
        if (more < 0 || more > 1 || !report.isClean()) {
            throw new IllegalStateException(more + " copies more than acknowledged, " + report.getFaults());
        }
        return more;
    }

    /** How many copies of {@code title} there are. */
    public long copiesOf(String title) {
        var number = copies.get(title);
        return number == null ? 0 : number;
    }

    // One step, whatever other processes do with the same entry; and acknowledged when it has been made.
    private void addUntilKilled(PrintStream acknowledgements) {
        while (true) {
            copies.compute(TITLE, number -> number == null ? 1 : number + 1);
            acknowledgements.print("+");
            acknowledgements.flush();
            if (acknowledgements.checkError()) {
                return; // who started this process is gone
            }
        }
    }

    /** Has another process add copies, kills it, and returns how many it had acknowledged. */
    private static long addAndBeKilled(Path file) throws IOException, InterruptedException {
        var process = new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(), "--enable-native-access=ALL-UNNAMED",
            "-cp", System.getProperty("java.class.path"), JavaCatalogue.class.getName(), file.toString(), "clerk")
            .redirectError(ProcessBuilder.Redirect.INHERIT).start();
        try (var acknowledgements = process.inputReader()) {
            var early = count(acknowledgements, ENOUGH);
            process.toHandle().destroyForcibly(); // on Linux SIGKILL: no hook runs and nothing is closed
            process.waitFor();
            return early + count(acknowledgements, Long.MAX_VALUE);
        } finally {
            process.destroyForcibly();
        }
    }

    /** How many there are up to the end, or {@code most}. */
    private static long count(BufferedReader acknowledgements, long most) throws IOException {
        long count = 0;
        while (count < most && acknowledgements.read() >= 0) {
            count++;
        }
        return count;
    }

    @Override
    public void close() {
        manager.close();
    }
}
