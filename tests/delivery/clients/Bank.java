import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * A bank on Java's kafka-clients: reports on each request and reads its receipts, as docs/banks says.
 *
 * <p>Environment: SETTINGS, a file of the client's properties; BANK, the bank's code; STATES, what to report on each
 * request, in order, with commas; RECEIPTS, after how many of them to end. Prints one JSON object a line.
 */
public class Bank {
    static final ObjectMapper JSON = new ObjectMapper();
    static final String TOPICS = "banks." + System.getenv("BANK") + ".";
    static final String[] STATES = System.getenv("STATES").split(",");
    static final int RECEIPTS = Integer.parseInt(System.getenv("RECEIPTS"));

    public static void main(String[] arguments) throws Exception {
        var about = new Properties();
        about.load(KafkaProducer.class.getResourceAsStream("/kafka/kafka-version.properties"));
        say(Map.of("client", "kafka-clients", "version", about.get("version")));
        var settings = new Properties();
        try (Reader reader = Files.newBufferedReader(Path.of(System.getenv("SETTINGS")))) {
            settings.load(reader);
        }
        try {
            run(settings);
        } catch (ExecutionException | KafkaException error) {
            say(Map.of("error", String.valueOf(error)));
            System.exit(1);
        }
    }

    static void run(Properties settings) throws Exception {
        try (var consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer());
                var producer = new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
            consumer.subscribe(List.of(TOPICS + "requests", TOPICS + "receipts"));
            int receipts = 0;
            while (receipts < RECEIPTS) {
                for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(100))) {
                    JsonNode body = JSON.readTree(record.value());
                    if (record.topic().endsWith(".receipts")) {
                        receipts++;
                        say(Map.of("receipt", body));
                    } else if (header(record, "ce_type").equals("bank.request.v1")) {
                        say(Map.of("request", body));
                        answer(producer, body);
                    }
                }
            }
        }
    }

    /** Reports every state on the request. The leg is the key: its reports stay in order. */
    static void answer(KafkaProducer<String, String> producer, JsonNode request) throws Exception {
        var sent = new ArrayList<Future<?>>();
        for (String state : STATES) {
            var record = new ProducerRecord<>(
                    TOPICS + "replies", request.get("leg").asText(), report(request, state));
            var headers = Map.of(
                    "ce_specversion", "1.0",
                    "ce_type", "bank.report.v1",
                    "ce_id", UUID.randomUUID().toString(),
                    "content-type", "application/json");
            headers.forEach((name, value) -> record.headers().add(name, value.getBytes(StandardCharsets.UTF_8)));
            sent.add(producer.send(record));
        }
        for (Future<?> acknowledgement : sent) {
            acknowledgement.get();
        }
    }

    static String report(JsonNode request, String state) throws Exception {
        var report = JSON.createObjectNode();
        String leg = request.get("leg").asText();
        report.put("report_id", leg.replace("/", "-") + "-" + state).put("leg", leg).put("state", state);
        report.putObject("evidence").put("by", "李经理").put("how", "电话").put("text", "已按流程办理，资料齐全。".repeat(10));
        if (state.equals("approved")) {
            report.set("amount", request.get("amount"));
            report.put("rate_percent", "3.85");
            report.set("term_months", request.get("term_months"));
        }
        return JSON.writeValueAsString(report);
    }

    static String header(ConsumerRecord<String, String> record, String name) {
        return new String(record.headers().lastHeader(name).value(), StandardCharsets.UTF_8);
    }

    static void say(Object line) throws Exception {
        System.out.write((JSON.writeValueAsString(line) + "\n").getBytes(StandardCharsets.UTF_8));
        System.out.flush();
    }
}
