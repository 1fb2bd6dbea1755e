// The same from C++: asks a served controller for actions, here for observations of zero.
//   g++ -std=c++17 -O2 own_loop.cpp -lzmq -o own_loop && ./own_loop     (libzmq3-dev, libmsgpack-cxx-dev)
#include <zmq.h>

#include <iostream>
#include <map>
#include <msgpack.hpp>
#include <string>
#include <vector>

struct Controller {
    void *context = zmq_ctx_new(), *socket = zmq_socket(context, ZMQ_REQ);
    explicit Controller(const char *address) { zmq_connect(socket, address); }
    ~Controller() { zmq_close(socket); zmq_ctx_term(context); }

    template <class Request> std::map<std::string, msgpack::object> ask(const Request &request, msgpack::object_handle &kept) {
        msgpack::sbuffer packed;
        msgpack::pack(packed, request);
        zmq_send(socket, packed.data(), packed.size(), 0);
        zmq_msg_t message;
        zmq_msg_init(&message);
        zmq_msg_recv(&message, socket, 0);
        kept = msgpack::unpack(static_cast<char *>(zmq_msg_data(&message)), zmq_msg_size(&message));
        zmq_msg_close(&message);
        auto answer = kept.get().as<std::map<std::string, msgpack::object>>();
        if (answer.count("error")) throw std::runtime_error(answer["error"].as<std::string>());
        return answer;
    }
};

struct Do { std::string what; MSGPACK_DEFINE_MAP(MSGPACK_NVP("do", what)); };
struct Step {
    std::vector<float> observation; double time; std::string what = "step";
    MSGPACK_DEFINE_MAP(MSGPACK_NVP("do", what), observation, time);
};

int main(int count, char **words) {
    Controller controller(count > 1 ? words[1] : "tcp://127.0.0.1:5555");
    msgpack::object_handle kept;
    auto about = controller.ask(Do{"describe"}, kept);
    auto names = about["observations"].as<std::vector<std::string>>();
    double period = about["control_period"].as<double>();
    controller.ask(Do{"reset"}, kept);
    for (int step = 0; step < 5; ++step) {  // here your simulator observes and acts
        auto answer = controller.ask(Step{std::vector<float>(names.size()), step * period}, kept);
        for (float action : answer["action"].as<std::vector<float>>()) std::cout << action << ' ';
        std::cout << '\n';
    }
}
