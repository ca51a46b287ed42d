package dev.leasehold.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.leasehold.memory.internal.mapped.FileWords;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * One thread writes a block of a file and then the word that leads to it; another that finds the word must find what was written.
 *
 * The results: 1 when the word was there, 0 when not; and what was read in the block.
 *
 * The reader has looked at the block before. Where nothing orders its reads, the compiler may use the older value again.
 */
public final class MappedPublishRace {
    private static final long WORD = 0;
    private static final long BLOCK = 8;
    private static final long WRITTEN = 7;

    private MappedPublishRace() {
    }

    private static MemorySegment cleared() {
        return Blocks.next().fill((byte) 0);
    }

    private static int read(MemorySegment file, long offset) {
        return (int) file.get(ValueLayout.JAVA_LONG, offset);
    }

    @JCStressTest
    @Outcome(id = "0, 0", expect = ACCEPTABLE, desc = "Not published yet.")
    @Outcome(id = "1, 7", expect = ACCEPTABLE, desc = "Published, with the bytes.")
    @Outcome(expect = FORBIDDEN, desc = "Published, without the bytes.")
    @State
    public static class ByWord {
        private final FileWords words = new FileWords(cleared());
        int older;

        @Actor
        public void writer() {
            words.setQuietly(BLOCK, WRITTEN);
            words.set(WORD, 1);
        }

        @Actor
        public void reader(II_Result r) {
            older = read(words.bytes(), BLOCK);
            if (words.get(WORD) == 0) return;
            r.r1 = 1;
            r.r2 = read(words.bytes(), BLOCK);
        }
    }

    @NegativeControl(without = "the release of the word, and the acquire of the thread that reads it")
    @JCStressTest
    @Outcome(id = "0, 0", expect = ACCEPTABLE, desc = "Not published yet.")
    @Outcome(id = "1, 7", expect = ACCEPTABLE, desc = "The reads kept their order.")
    @Outcome(id = "1, 0", expect = ACCEPTABLE_INTERESTING, desc = "Published, without the bytes.")
    @Outcome(expect = FORBIDDEN, desc = "Not what the missing protection explains.")
    @State
    public static class Plainly {
        private final MemorySegment file = cleared();
        int older;

        @Actor
        public void writer() {
            file.set(ValueLayout.JAVA_LONG, BLOCK, WRITTEN);
            file.set(ValueLayout.JAVA_LONG, WORD, 1);
        }

        @Actor
        public void reader(II_Result r) {
            older = read(file, BLOCK);
            if (read(file, WORD) == 0) return;
            r.r1 = 1;
            r.r2 = read(file, BLOCK);
        }
    }
}
