package dev.leasehold.samples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JavaCatalogueTest {
    private static final String TITLE = "The Quiet Harbour of Kardal";

    @Test
    void allCopiesAreThereThatTheOtherProcessHasAcknowledged(@TempDir Path folder)
        throws IOException, InterruptedException {
        var file = folder.resolve("catalogue");
        var bytes = new ByteArrayOutputStream();
        var out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
        var more = JavaCatalogue.run(file, out);
        long copies;
        try (var catalogue = new JavaCatalogue(file)) {
            copies = catalogue.copiesOf(TITLE);
            assertEquals(3, catalogue.copiesOf("The Amber Clock of Tarn"));
            assertEquals(0, catalogue.copiesOf("a book that nobody has written"));
        }
        assertTrue(copies >= 1000, "copies: " + copies);
        var text = bytes.toString(StandardCharsets.UTF_8);
        var first = TITLE + ": 0 copies, " + (copies - more) + " more acknowledged, now " + copies + "\n";
        assertTrue(text.startsWith(first), text);
        assertTrue(text.contains("  3 × The Amber Clock of Tarn\n"), text);
        assertTrue(text.contains("no fault"), text);

        JavaCatalogue.run(file, out);
        assertTrue(bytes.toString(StandardCharsets.UTF_8).contains(TITLE + ": " + copies + " copies, "));
    }
}
