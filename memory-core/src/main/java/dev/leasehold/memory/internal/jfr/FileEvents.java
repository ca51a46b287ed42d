package dev.leasehold.memory.internal.jfr;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Threshold;
import jdk.jfr.Throttle;

/** What happens to mapped files, as the flight recorder has it. */
final class FileEvents {
    private FileEvents() {}

    @Name("dev.leasehold.Commit")
    @Label("Commit")
    @Description("A mapped file was committed")
    @Category("Leasehold")
    @Threshold("20 ms")
    @Throttle("100/s")
    static final class Commit extends Event {
        @Label("File")
        String file;

        @Label("Bytes")
        @Description("How much was written to the journal since the commit before")
        @DataAmount
        long bytes;
    }

    @Name("dev.leasehold.Recovery")
    @Label("Recovery")
    @Description("What a dead process left in a mapped file was put in order")
    @Category("Leasehold")
    @StackTrace(false)
    static final class Recovery extends Event {
        @Label("File")
        String file;

        @Label("Blocks")
        @Description("How many linked blocks the process held; what it had not linked comes back later")
        int blocks;
    }

    @Name("dev.leasehold.Rebuild")
    @Label("Rebuild")
    @Description("A mapped file was made anew from its journal, after a failure of the power or the system")
    @Category("Leasehold")
    @StackTrace(false)
    static final class Rebuild extends Event {
        @Label("File")
        String file;

        @Label("Bytes")
        @Description("How much of the journal counted")
        @DataAmount
        long bytes;
    }
}
