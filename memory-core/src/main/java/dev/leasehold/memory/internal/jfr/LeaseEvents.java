package dev.leasehold.memory.internal.jfr;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Enabled;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Threshold;
import jdk.jfr.Throttle;
import jdk.jfr.Timespan;

/** What happens to single leases and blocks, as the flight recorder has it. In Java, because of {@link Throttle}. */
final class LeaseEvents {
    private LeaseEvents() {}

    @Name("dev.leasehold.Rent")
    @Label("Rent")
    @Description("A sampled lease or block was taken; the stack is that of the code that took it")
    @Category("Leasehold")
    @Enabled(false)
    @Throttle("100/s")
    static final class Rent extends Event {
        @Label("Owner")
        @Description("The pool or manager")
        String owner;

        @Label("Size")
        @DataAmount
        long size;

        @Label("Tag")
        String tag;
    }

    @Name("dev.leasehold.Wait")
    @Label("Wait for Memory")
    @Description("A request waited for memory that others have")
    @Category("Leasehold")
    @Threshold("20 ms")
    @Throttle("100/s")
    static final class Wait extends Event {
        @Label("Owner")
        @Description("The pool or manager")
        String owner;

        @Label("Size")
        @DataAmount
        long size;

        @Label("Outcome")
        @Description("served, timed out, cancelled, closed or failed")
        String outcome;
    }

    @Name("dev.leasehold.Leak")
    @Label("Leak")
    @Description("A lease or block became garbage without a close")
    @Category("Leasehold")
    @StackTrace(false)
    @Throttle("100/s")
    static final class Leak extends Event {
        @Label("Owner")
        @Description("The pool or manager")
        String owner;

        @Label("Size")
        @DataAmount
        long size;

        @Label("Age")
        @Description("How long ago it was taken")
        @Timespan(Timespan.MILLISECONDS)
        long age;

        @Label("Site")
        @Description("Where it was taken, if that is known")
        String site;
    }

    @Name("dev.leasehold.Misuse")
    @Label("Misuse")
    @Description("Code did what it must not with memory; the stack is that code's")
    @Category("Leasehold")
    @Throttle("100/s")
    static final class Misuse extends Event {
        @Label("Owner")
        @Description("The pool or manager")
        String owner;

        @Label("What")
        String what;

        @Label("Site")
        @Description("Where the memory was taken, if that is known")
        String site;
    }
}
