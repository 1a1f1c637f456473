import com.datadoghq.sketch.ddsketch.DDSketch;
import com.datadoghq.sketch.ddsketch.DDSketches;
import java.io.File;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;

/**
 * Influx lines in, windows of 10 s per series out: count, sum, min, max, last, p50, p95, p99. State is live objects on
 * the heap, without a changelog: the least that Kafka Streams can spend; a crash loses it.
 *
 * <p>Arguments: bootstrap servers, topic of lines (a record is a request's body), topic of windows, lateness in ms.
 * Prints after each record how many points were read and windows sent.
 */
public final class WindowJob {
  private static final long WINDOW_MS = 10_000;
  private static final double ACCURACY = 0.01;

  public static void main(String[] args) {
    Topology topology = new Topology();
    topology.addSource("lines", Serdes.ByteArray().deserializer(), Serdes.ByteArray().deserializer(), args[1]);
    long latenessMs = Long.parseLong(args[3]);
    topology.addProcessor("windows", () -> new Windows(latenessMs), "lines");
    topology.addSink("sink", args[2], Serdes.String().serializer(), Serdes.ByteArray().serializer(), "windows");

    Properties settings = new Properties();
    settings.put(StreamsConfig.APPLICATION_ID_CONFIG, args[2]);
    settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, args[0]);
    settings.put(StreamsConfig.STATE_DIR_CONFIG, new File("state").getAbsolutePath());
    settings.put("auto.offset.reset", "earliest");
    // As the log of the other side: acknowledged by all, compressed.
    settings.put("producer.acks", "all");
    settings.put("producer.compression.type", "zstd");
    settings.put("producer.linger.ms", "20");
    KafkaStreams streams = new KafkaStreams(topology, settings);
    Runtime.getRuntime().addShutdownHook(new Thread(streams::close));
    streams.start();
  }

  /** What one series had in one window. */
  private static final class Window {
    final DDSketch sketch = DDSketches.unboundedDense(ACCURACY);
    double sum;
    double min = Double.POSITIVE_INFINITY;
    double max = Double.NEGATIVE_INFINITY;
    double last;
    long lastMs = Long.MIN_VALUE;

    void add(long timeMs, double value) {
      sketch.accept(value);
      sum += value;
      min = Math.min(min, value);
      max = Math.max(max, value);
      if (timeMs >= lastMs) {
        lastMs = timeMs;
        last = value;
      }
    }

    byte[] toBytes() {
      double[] quantiles = sketch.getValuesAtQuantiles(new double[] {0.5, 0.95, 0.99});
      ByteBuffer bytes = ByteBuffer.allocate(64);
      bytes.putDouble(sketch.getCount()).putDouble(sum).putDouble(min).putDouble(max).putDouble(last);
      for (double quantile : quantiles) bytes.putDouble(quantile);
      return bytes.array();
    }
  }

  private static final class Windows implements Processor<byte[], byte[], String, byte[]> {
    private final long latenessMs;
    private final TreeMap<Long, Map<String, Window>> open = new TreeMap<>();
    private ProcessorContext<String, byte[]> context;
    private long newestMs = Long.MIN_VALUE;
    private long points;
    private long windows;

    Windows(long latenessMs) {
      this.latenessMs = latenessMs;
    }

    @Override
    public void init(ProcessorContext<String, byte[]> context) {
      this.context = context;
    }

    @Override
    public void process(Record<byte[], byte[]> record) {
      byte[] body = record.value();
      for (int at = 0; at < body.length; ) {
        int end = at;
        while (end < body.length && body[end] != '\n') end++;
        readLine(body, at, end);
        at = end + 1;
      }
      closeUpTo(newestMs - latenessMs, record.timestamp());
      System.out.println(points + " " + windows);
    }

    /** Reads `measurement,tag=value field=value,field=value time`; nothing is escaped in this input. */
    private void readLine(byte[] body, int from, int to) {
      int tagsEnd = indexOf(body, ' ', from, to);
      int fieldsEnd = indexOf(body, ' ', tagsEnd + 1, to);
      long timeMs = 0;
      for (int i = fieldsEnd + 1; i < to - 6; i++) timeMs = timeMs * 10 + (body[i] - '0');
      newestMs = Math.max(newestMs, timeMs);
      long start = (timeMs - 1) / WINDOW_MS * WINDOW_MS;
      Map<String, Window> series = open.computeIfAbsent(start, ignored -> new HashMap<>());
      String tags = new String(body, from, tagsEnd - from, StandardCharsets.ISO_8859_1);
      for (int at = tagsEnd + 1; at < fieldsEnd; ) {
        int equals = indexOf(body, '=', at, fieldsEnd);
        int end = indexOf(body, ',', equals, fieldsEnd);
        boolean isInteger = body[end - 1] == 'i';
        double value =
            Double.parseDouble(
                new String(body, equals + 1, (isInteger ? end - 1 : end) - equals - 1, StandardCharsets.ISO_8859_1));
        String key = tags + ' ' + new String(body, at, equals - at, StandardCharsets.ISO_8859_1);
        series.computeIfAbsent(key, ignored -> new Window()).add(timeMs, value);
        points++;
        at = end + 1;
      }
    }

    private void closeUpTo(long watermarkMs, long timestamp) {
      while (!open.isEmpty() && open.firstKey() + WINDOW_MS < watermarkMs) {
        for (Map.Entry<String, Window> one : open.pollFirstEntry().getValue().entrySet()) {
          context.forward(new Record<>(one.getKey(), one.getValue().toBytes(), timestamp));
          windows++;
        }
      }
    }

    private static int indexOf(byte[] body, char wanted, int from, int to) {
      int at = from;
      while (at < to && body[at] != wanted) at++;
      return at;
    }
  }
}
